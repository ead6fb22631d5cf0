package dev.finetune.trainer.training;

import dev.finetune.api.run.Plan;

/** How much goes through the model at once; a step is cut into pieces of at most this. It bounds memory and changes no gradient. */
record MicroBatch(int examples, int tokens) {
    /** Padded tokens of one piece: activations of a 6 x 384 model stay below some 600 MiB even for long texts. */
    static final int TOKENS = 2048;

    /** The plan's micro-batch (halved after an out-of-memory), at most the batch size. */
    static MicroBatch of(Plan plan, ResolvedHyperparameters numbers) {
        Integer given = plan.microBatchSize();
        int examples = given == null ? numbers.batchSize() : Math.min(given, numbers.batchSize());
        int share = Math.max(1, TOKENS / Math.ceilDiv(numbers.batchSize(), examples));
        return new MicroBatch(examples, given == null ? TOKENS : share);
    }
}
