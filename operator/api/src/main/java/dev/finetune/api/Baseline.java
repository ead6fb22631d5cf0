package dev.finetune.api;

/** What the candidate is compared with. */
public enum Baseline {
    /** The prior of the training labels. */
    MajorityClass,
    /** Logistic regression on the frozen base model. */
    LinearProbe,
    /** The base model itself, where its head fits the labels. */
    BaseModel,
    /** What serves under the model name in this namespace. */
    Deployed;

    /** Whether there is one of models that answer like that: a linear probe is fitted to texts, and not to their words. */
    public boolean existsFor(Answer answer) {
        return this != LinearProbe || answer != Answer.Tags;
    }
}
