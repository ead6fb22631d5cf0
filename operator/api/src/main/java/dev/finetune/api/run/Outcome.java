package dev.finetune.api.run;

/** How a stage ended. */
public enum Outcome {
    /** It did its work. */
    Succeeded,
    /** It did not; the failure says why. */
    Failed
}
