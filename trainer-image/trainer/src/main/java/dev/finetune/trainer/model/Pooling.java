package dev.finetune.trainer.model;

/** How the hidden states of a text become one vector. */
public enum Pooling {
    FirstToken,
    Mean
}
