package dev.finetune.api;

/** What follows when the engine or the heap ran out of memory. */
public enum OnOutOfMemory {
    /** The job fails. */
    Fail,
    /** The stage runs again with smaller micro-batches and the same optimizer step. */
    ReduceBatch
}
