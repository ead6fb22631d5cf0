package dev.finetune.trainer.dataset;

/**
 * One labelled text, raw as it was decoded. {@code id} says where it stood ({@code train.csv:17}); {@code key} is 16 hex digits
 * over the normalised text, equal for duplicates (design/judgement.md 1). Stored one JSON object per line.
 */
public record Example(String id, String key, String text, String label) {}
