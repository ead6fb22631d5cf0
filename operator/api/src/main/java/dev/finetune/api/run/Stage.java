package dev.finetune.api.run;

/** The three stages of a job. */
public enum Stage {
    /** Fetch, verify, check and split. */
    prepare,
    /** Train the candidate, the probe and the prior. */
    train,
    /** Judge on the test set, pass or refuse, publish. */
    evaluate
}
