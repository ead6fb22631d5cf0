package dev.finetune.trainer.dataset;

import java.util.List;

/** The three parts of a data set. */
record Splits(List<Example> train, List<Example> validation, List<Example> test) {}
