package dev.finetune.trainer.prepare;

import dev.finetune.api.Answer;
import dev.finetune.api.CheckAction;
import dev.finetune.api.Finding;
import dev.finetune.api.FineTuneJobSpec;
import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.model.TextTokenizer;
import dev.finetune.trainer.model.Tokens;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Words of the test split that no model sees, since they lie beyond {@code maxLength}: they are judged as words outside of all entities. */
final class CutWords {
    private CutWords() {}

    /** How many there are; empty where there are none, or where words are not tagged. */
    static Optional<Finding> of(FineTuneJobSpec spec, List<Example> test, Path model, int maxLength) {
        if (spec.answer() != Answer.Tags) {
            return Optional.empty();
        }
        long words = 0;
        long cut = 0;
        long texts = 0;
        try (TextTokenizer tokenizer = TextTokenizer.open(model, maxLength, spec.answer())) {
            for (Tokens tokens : tokenizer.encode(
                    test.stream().map(Example::input).toList(), TrainingEstimate.cleaning(spec.dataset()))) {
                words += tokens.words().length;
                cut += tokens.words().length - tokens.seen();
                texts += tokens.seen() < tokens.words().length ? 1 : 0;
            }
        }
        return cut == 0
                ? Optional.empty()
                : Optional.of(new Finding(
                        "WordsNotSeen",
                        CheckAction.Warn,
                        cut,
                        cut + " of " + words + " words of the test split, in " + texts + " texts, lie beyond "
                                + maxLength
                                + " tokens, or the tokenizer leaves nothing of them: no model sees them, and all are judged as if they answered O there"
                                + " (spec.dataset.preprocessing.text.maxLength)."));
    }
}
