package dev.finetune.trainer.training;

import ai.djl.ndarray.NDManager;
import dev.finetune.api.TextPreprocessing;
import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.model.TextTokenizer;
import dev.finetune.trainer.model.TokenBatch;
import dev.finetune.trainer.model.Tokens;
import dev.finetune.trainer.transform.TextInput;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** The inputs of a split as token ids, and where each example stood, for messages; a batch is filled up with {@code padId}. */
record EncodedExamples(List<Tokens> tokens, List<String> ids, int padId) implements ModelInputs<TokenBatch> {
    /** Cleans and tokenises. */
    static EncodedExamples of(List<Example> examples, TextPreprocessing cleaning, TextTokenizer tokenizer, int padId) {
        List<TextInput> inputs = examples.stream().map(Example::input).toList();
        return new EncodedExamples(
                tokenizer.encode(inputs, cleaning),
                examples.stream().map(Example::id).toList(),
                padId);
    }

    /** Of inputs that stood nowhere. */
    static EncodedExamples of(List<Tokens> tokens, int padId) {
        return new EncodedExamples(tokens, Collections.nCopies(tokens.size(), ""), padId);
    }

    @Override
    public TokenBatch batch(NDManager scope, int[] examples) {
        return TokenBatch.of(
                scope, Arrays.stream(examples).mapToObj(tokens::get).toList(), padId);
    }

    /** Tokens of each example. */
    @Override
    public int[] lengths() {
        return tokens.stream().mapToInt(Tokens::length).toArray();
    }
}
