package dev.finetune.trainer.training;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.transform.Augmentation;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The changes of training images that a job asks for, with torchvision's defaults filled in. */
final class ImageAugmentation {
    private ImageAugmentation() {}

    static List<Augmentation> of(List<dev.finetune.api.Augmentation> asked) {
        return asked.stream().map(ImageAugmentation::of).toList();
    }

    private static Augmentation of(dev.finetune.api.Augmentation asked) {
        return switch (asked.type()) {
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
            case null ->
                throw new StageException(
                        FailureClass.InvalidSpec,
                        "spec.dataset.augmentation: every item needs a type, such as HorizontalFlip.");
        };
    }

    private static double or(@Nullable String given, double absent) {
        return given == null ? absent : Double.parseDouble(given);
    }
}
