package dev.finetune.trainer.model;

import java.util.OptionalDouble;

/**
 * How a model is loaded for training.
 *
 * @param seed for the parameters that the base lacks
 * @param dropout in place of every dropout of config.json; absent, the config's own hold
 */
public record LoadOptions(long seed, OptionalDouble dropout) {
    /** The config's own dropouts. */
    public static LoadOptions seeded(long seed) {
        return new LoadOptions(seed, OptionalDouble.empty());
    }
}
