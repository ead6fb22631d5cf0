package dev.finetune.trainer.training;

import ai.djl.ndarray.NDManager;
import dev.finetune.api.TextPreprocessing;
import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.model.TextTokenizer;
import dev.finetune.trainer.model.TokenBatch;
import dev.finetune.trainer.model.Tokens;
import dev.finetune.trainer.transform.TextAugmentations;
import dev.finetune.trainer.transform.TextInput;
import java.util.List;

/**
 * The training texts as other words in every epoch: cleaned, changed and tokenised {@link Ahead} of the step that takes them. Steps are put
 * together by the lengths of the texts as they stand. For use by one thread.
 */
final class AugmentedTexts implements ModelInputs<TokenBatch>, AutoCloseable {
    private final List<Example> examples;
    private final EncodedExamples unchanged;
    private final TextPreprocessing cleaning;
    private final TextAugmentations augmentations;
    private final TextTokenizer tokenizer;
    private final Ahead<Tokens> ahead;

    /** Of examples of which it is known how they are encoded unchanged; the tokenizer must stay open. */
    AugmentedTexts(
            List<Example> examples,
            EncodedExamples unchanged,
            TextPreprocessing cleaning,
            TextAugmentations augmentations,
            TextTokenizer tokenizer,
            int threads) {
        this.examples = examples;
        this.unchanged = unchanged;
        this.cleaning = cleaning;
        this.augmentations = augmentations;
        this.tokenizer = tokenizer;
        this.ahead = new Ahead<>("texts", threads, this::encoded);
    }

    private Tokens encoded(int epoch, int example) {
        return tokenizer.encode(List.of(changed(epoch, example))).getFirst();
    }

    /** What an example is in an epoch. */
    TextInput changed(int epoch, int example) {
        return augmentations.apply(examples.get(example).input(), cleaning, epoch, example);
    }

    /** What it is in validation and in the server: only cleaned. */
    TextInput unchanged(int example) {
        return examples.get(example).input().cleaned(cleaning);
    }

    @Override
    public List<String> ids() {
        return unchanged.ids();
    }

    @Override
    public int[] lengths() {
        return unchanged.lengths();
    }

    @Override
    public void ahead(int epoch, List<int[]> steps) {
        ahead.begin(epoch, steps);
    }

    @Override
    public TokenBatch batch(NDManager scope, int[] of) {
        return TokenBatch.of(scope, ahead.take(of), unchanged.padId());
    }

    @Override
    public void close() {
        ahead.close();
    }
}
