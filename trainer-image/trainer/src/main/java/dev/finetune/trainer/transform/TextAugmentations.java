package dev.finetune.trainer.transform;

import dev.finetune.api.TextPreprocessing;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * The changes of training texts, in their order; of a pair both texts are changed. The result is a pure function of texts, seed, epoch and
 * example, as that of {@link Augmentations} is.
 */
public record TextAugmentations(List<TextAugmentation> steps, long seed) {
    /** The texts that training sees of an example in an epoch, cleaned first, and in lower case to the end where cleaning asks for it. */
    public TextInput apply(TextInput raw, TextPreprocessing cleaning, int epoch, int example) {
        RandomGenerator random = Augmentations.random(seed, epoch, example);
        TextInput cleaned = raw.cleaned(cleaning);
        String text = changed(cleaned.text(), random);
        String pair = cleaned.textPair();
        return new TextInput(text, pair == null ? null : changed(pair, random))
                .cleaned(new TextPreprocessing(null, null, cleaning.lowercase(), null));
    }

    private String changed(String text, RandomGenerator random) {
        String changed = text;
        for (TextAugmentation step : steps) {
            changed = step.apply(changed, random);
        }
        return changed;
    }
}
