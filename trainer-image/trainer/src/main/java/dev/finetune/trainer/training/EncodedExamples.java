package dev.finetune.trainer.training;

import dev.finetune.api.FailureClass;
import dev.finetune.api.TextPreprocessing;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.model.TextTokenizer;
import dev.finetune.trainer.model.Tokens;
import dev.finetune.trainer.transform.TextInput;
import java.util.Arrays;
import java.util.List;

/** A split as numbers: token ids, the index of each label, and where each example stood, for messages. */
record EncodedExamples(List<Tokens> tokens, int[] labels, List<String> ids) {
    /** Cleans and tokenises. A label that is not in the list is an error of the data. */
    static EncodedExamples of(
            List<Example> examples, List<String> labels, TextPreprocessing cleaning, TextTokenizer tokenizer) {
        List<TextInput> inputs =
                examples.stream().map(e -> e.input().cleaned(cleaning)).toList();
        int[] indices = examples.stream().mapToInt(e -> index(labels, e)).toArray();
        return new EncodedExamples(
                tokenizer.encode(inputs),
                indices,
                examples.stream().map(Example::id).toList());
    }

    /** Tokens of each example. */
    int[] lengths() {
        return tokens.stream().mapToInt(Tokens::length).toArray();
    }

    /** The label index of each of these examples. */
    int[] labels(int[] examples) {
        return Arrays.stream(examples).map(i -> labels[i]).toArray();
    }

    int size() {
        return labels.length;
    }

    private static int index(List<String> labels, Example example) {
        int index = labels.indexOf(example.label());
        if (index < 0) {
            throw new StageException(
                    FailureClass.InvalidData,
                    "example " + example.id() + ": expected one of the labels " + labels + ", got " + example.label()
                            + "; correct the row or run prepare again");
        }
        return index;
    }
}
