package dev.finetune.api;

/** How a gate rule ended. */
public enum Verdict {
    /** The rule holds. */
    Passed,
    /** The rule does not hold. */
    Failed,
    /** There was nothing to compare with. */
    Skipped,
    /** Too few examples to judge. */
    NotJudged
}
