package dev.finetune.trainer.training;

import dev.finetune.api.TextPreprocessing;
import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.model.TextTokenizer;
import dev.finetune.trainer.model.Tokens;
import dev.finetune.trainer.transform.TextInput;
import java.util.List;

/** The inputs of a split as token ids, and where each example stood, for messages. */
record EncodedExamples(List<Tokens> tokens, List<String> ids) {
    /** Cleans and tokenises. */
    static EncodedExamples of(List<Example> examples, TextPreprocessing cleaning, TextTokenizer tokenizer) {
        List<TextInput> inputs =
                examples.stream().map(e -> e.input().cleaned(cleaning)).toList();
        return new EncodedExamples(
                tokenizer.encode(inputs), examples.stream().map(Example::id).toList());
    }

    /** Tokens of each example. */
    int[] lengths() {
        return tokens.stream().mapToInt(Tokens::length).toArray();
    }

    int size() {
        return ids.size();
    }
}
