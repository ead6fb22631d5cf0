package dev.finetune.trainer.model;

/**
 * What kind of forward pass this is.
 *
 * @param training dropout is on, and gradients are recorded for what is trainable
 * @param batchStatistics batch norms use the batch's own mean and variance and take them into their running ones
 */
record Pass(boolean training, boolean batchStatistics) {}
