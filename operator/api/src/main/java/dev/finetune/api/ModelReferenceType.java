package dev.finetune.api;

/** Where a deployment takes its model from. */
public enum ModelReferenceType {
    /** The newest published version of a model name whose gate passed. */
    Follow,
    /** The model of one job. */
    FineTuneJob,
    /** One artefact by digest. */
    Artifact
}
