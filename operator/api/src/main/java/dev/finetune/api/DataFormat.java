package dev.finetune.api;

/** How the files of a data set are written. */
public enum DataFormat {
    /** RFC 4180 with a header, unless the dialect says otherwise. */
    CSV,
    /** Tab-separated: as CSV, with a tab as the default delimiter. */
    TSV,
    /** One JSON object per line. */
    JSONLines,
    /** Apache Parquet. */
    Parquet,
    /** Folders of texts: each file is one text, the folder it stands in its label. */
    TextFolder,
    /** Folders of images: each file is one image, the folder it stands in its label. */
    ImageFolder,
    /** A split of a data set of the Hugging Face Hub, of which the hub keeps Parquet files. */
    HuggingFace,
    /** One word a line with its tag in another column, and an empty line after each text. */
    CoNLL;

    /** Whether a row can be words with a tag each. */
    public boolean hasWords() {
        return this == JSONLines || this == Parquet || this == HuggingFace || this == CoNLL;
    }

    /** Whether it may be images: in class folders, inside of the files, or listed by their paths. */
    public boolean holdsImages() {
        return this != TextFolder && this != CoNLL;
    }

    /** Whether the files have columns; where they have none, folders say what the label is. */
    public boolean hasColumns() {
        return this != TextFolder && this != ImageFolder;
    }
}
