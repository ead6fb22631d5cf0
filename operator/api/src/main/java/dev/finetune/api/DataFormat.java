package dev.finetune.api;

/** How the files of a data set are written. */
public enum DataFormat {
    /** RFC 4180 with a header, unless the dialect says otherwise. */
    CSV,
    /** Tab-separated: as CSV, with a tab as the default delimiter. */
    TSV,
    /** One JSON object per line. */
    JSONLines
}
