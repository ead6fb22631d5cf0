package dev.finetune.api;

/** Unicode normalisation of a text before it is tokenised. */
public enum UnicodeForm {
    /** As it came. */
    None,
    /** Canonical composition. */
    NFC,
    /** Compatibility composition. */
    NFKC
}
