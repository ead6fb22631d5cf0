package dev.finetune.trainer.training;

import dev.finetune.api.AugmentationType;
import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.transform.Augmentation;
import dev.finetune.trainer.transform.Mixing;
import dev.finetune.trainer.transform.TextAugmentation;
import dev.finetune.trainer.transform.Thesaurus;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The changes of training examples that a job asks for, with the defaults of torchvision and EDA filled in. */
final class AskedAugmentation {
    private AskedAugmentation() {}

    /** What changes images one by one. */
    static List<Augmentation> ofImages(List<dev.finetune.api.Augmentation> asked) {
        return asked.stream()
                .filter(a -> !type(a).mixes())
                .map(AskedAugmentation::ofImages)
                .toList();
    }

    private static Augmentation ofImages(dev.finetune.api.Augmentation asked) {
        return switch (type(asked)) {
            case HorizontalFlip -> new Augmentation.HorizontalFlip(or(asked.probability(), 0.5));
            case VerticalFlip -> new Augmentation.VerticalFlip(or(asked.probability(), 0.5));
            case RandomResizedCrop -> new Augmentation.RandomResizedCrop(or(asked.minScale(), 0.08), 1);
            case Rotation -> new Augmentation.Rotation(or(asked.degrees(), 0));
            case ColorJitter ->
                new Augmentation.ColorJitter(
                        or(asked.brightness(), 0),
                        or(asked.contrast(), 0),
                        or(asked.saturation(), 0),
                        or(asked.hue(), 0));
            case Erasing -> new Augmentation.Erasing(or(asked.probability(), 0.5));
            case RandAugment ->
                new Augmentation.RandAugment(
                        Optional.ofNullable(asked.operations()).orElse(2),
                        Optional.ofNullable(asked.magnitude()).orElse(9));
            case SynonymReplacement, RandomInsertion, RandomDeletion, RandomSwap, SentenceShuffle ->
                throw misplaced(asked, "texts", "images");
            case Mixup, CutMix -> throw new IllegalArgumentException(asked.type() + " is of two images");
        };
    }

    /** What puts two images into one. */
    static List<Mixing.Way> mixing(List<dev.finetune.api.Augmentation> asked) {
        return asked.stream()
                .filter(a -> type(a).mixes())
                .<Mixing.Way>map(a -> a.type() == AugmentationType.Mixup
                        ? new Mixing.Mixup(or(a.alpha(), 0.2), or(a.probability(), 1))
                        : new Mixing.CutMix(or(a.alpha(), 1), or(a.probability(), 1)))
                .toList();
    }

    /** The thesaurus is asked for once, and only where a change needs it. */
    static List<TextAugmentation> ofTexts(List<dev.finetune.api.Augmentation> asked, Supplier<Thesaurus> thesaurus) {
        boolean synonyms = asked.stream()
                .anyMatch(a -> a.type() == AugmentationType.SynonymReplacement
                        || a.type() == AugmentationType.RandomInsertion);
        Thesaurus opened = synonyms ? thesaurus.get() : Thesaurus.of(List.of());
        return asked.stream().map(a -> ofTexts(a, opened)).toList();
    }

    private static TextAugmentation ofTexts(dev.finetune.api.Augmentation asked, Thesaurus thesaurus) {
        double probability = or(asked.probability(), 0.1);
        return switch (type(asked)) {
            case SynonymReplacement -> new TextAugmentation.SynonymReplacement(probability, thesaurus);
            case RandomInsertion -> new TextAugmentation.RandomInsertion(probability, thesaurus);
            case RandomDeletion -> new TextAugmentation.RandomDeletion(probability);
            case RandomSwap -> new TextAugmentation.RandomSwap(probability);
            case SentenceShuffle -> new TextAugmentation.SentenceShuffle(probability);
            case HorizontalFlip,
                    VerticalFlip,
                    RandomResizedCrop,
                    Rotation,
                    ColorJitter,
                    Erasing,
                    RandAugment,
                    Mixup,
                    CutMix -> throw misplaced(asked, "images", "texts");
        };
    }

    private static AugmentationType type(dev.finetune.api.Augmentation asked) {
        if (asked.type() == null) {
            throw new StageException(
                    FailureClass.InvalidSpec,
                    "spec.dataset.augmentation: every item needs a type, such as HorizontalFlip or RandomSwap.");
        }
        return asked.type();
    }

    private static StageException misplaced(dev.finetune.api.Augmentation asked, String of, String here) {
        return new StageException(
                FailureClass.InvalidSpec,
                "spec.dataset.augmentation: " + asked.type() + " changes " + of + ", and the task is about " + here
                        + ": remove it.");
    }

    private static double or(@Nullable String given, double absent) {
        return given == null ? absent : Double.parseDouble(given);
    }
}
