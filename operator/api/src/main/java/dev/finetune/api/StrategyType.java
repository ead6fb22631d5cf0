package dev.finetune.api;

/** Which weights are trained. */
public enum StrategyType {
    /** The head only; the backbone is frozen and its features are computed once. */
    FeatureExtraction,
    /** Every weight. */
    Full
}
