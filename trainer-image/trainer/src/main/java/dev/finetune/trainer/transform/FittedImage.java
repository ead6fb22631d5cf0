package dev.finetune.trainer.transform;

/** An image that is decoded and brought to the size that a model takes: what a server keeps of a photo while it waits for its turn. */
public record FittedImage(Pixels pixels) implements Input {}
