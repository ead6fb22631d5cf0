package dev.finetune.api;

/** What training does about labels of unequal frequency. */
public enum Imbalance {
    /** Every example counts once. */
    None,
    /** Examples count by the inverse of their label's frequency. */
    ClassWeights,
    /** Examples of rare labels are seen several times an epoch. */
    Oversample
}
