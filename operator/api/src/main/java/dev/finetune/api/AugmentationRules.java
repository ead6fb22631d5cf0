package dev.finetune.api;

import java.math.BigDecimal;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What an item of {@code spec.dataset.augmentation} must hold. */
final class AugmentationRules {
    /** Of images those that change some and not others. */
    private static final Set<AugmentationType> SOMETIMES = Set.of(
            AugmentationType.HorizontalFlip,
            AugmentationType.VerticalFlip,
            AugmentationType.Erasing,
            AugmentationType.Mixup,
            AugmentationType.CutMix);

    private static final BigDecimal HALF = new BigDecimal("0.5");
    private static final BigDecimal HUNDRED = new BigDecimal(100);
    private static final BigDecimal MOST_DEGREES = new BigDecimal(180);

    private AugmentationRules() {}

    static void check(Field field, Augmentation step) {
        AugmentationType type = step.type();
        if (!field.at("type").required(type) || type == null) {
            return;
        }
        field.at("probability")
                .that(
                        step.probability() == null || type.ofTexts() || SOMETIMES.contains(type),
                        "is not for " + type + ": remove it");
        only(field.at("minScale"), step.minScale(), type, Set.of(AugmentationType.RandomResizedCrop));
        only(field.at("degrees"), step.degrees(), type, Set.of(AugmentationType.Rotation));
        for (Named each : new Named[] {
            new Named("brightness", step.brightness()),
            new Named("contrast", step.contrast()),
            new Named("saturation", step.saturation()),
            new Named("hue", step.hue())
        }) {
            only(field.at(each.name), each.value, type, Set.of(AugmentationType.ColorJitter));
        }
        only(field.at("operations"), step.operations(), type, Set.of(AugmentationType.RandAugment));
        only(field.at("magnitude"), step.magnitude(), type, Set.of(AugmentationType.RandAugment));
        field.at("probability").decimal(step.probability(), d -> between(d, BigDecimal.ONE), "a decimal from 0 to 1");
        field.at("minScale")
                .decimal(
                        step.minScale(),
                        d -> d.signum() > 0 && between(d, BigDecimal.ONE),
                        "a decimal above 0 and at most 1");
        field.at("degrees").decimal(step.degrees(), d -> between(d, MOST_DEGREES), "a decimal from 0 to 180");
        field.at("degrees")
                .that(type != AugmentationType.Rotation || step.degrees() != null, "is required for Rotation");
        for (Named each : new Named[] {
            new Named("brightness", step.brightness()),
            new Named("contrast", step.contrast()),
            new Named("saturation", step.saturation())
        }) {
            field.at(each.name).decimal(each.value, d -> d.signum() >= 0, "a decimal of at least 0");
        }
        field.at("hue").decimal(step.hue(), d -> between(d, HALF), "a decimal from 0 to 0.5");
        field.that(
                type != AugmentationType.ColorJitter
                        || step.brightness() != null
                        || step.contrast() != null
                        || step.saturation() != null
                        || step.hue() != null,
                "ColorJitter needs one of brightness, contrast, saturation and hue");
        only(field.at("alpha"), step.alpha(), type, Set.of(AugmentationType.Mixup, AugmentationType.CutMix));
        field.at("alpha")
                .decimal(
                        step.alpha(),
                        d -> d.signum() > 0 && d.compareTo(HUNDRED) < 0,
                        "a decimal above 0 and below 100");
        field.at("operations").between(step.operations(), 1, 10);
        field.at("magnitude").between(step.magnitude(), 0, 30);
    }

    private record Named(String name, @Nullable String value) {}

    private static boolean between(BigDecimal value, BigDecimal most) {
        return value.signum() >= 0 && value.compareTo(most) <= 0;
    }

    private static void only(Field field, @Nullable Object value, AugmentationType type, Set<AugmentationType> types) {
        field.that(value == null || types.contains(type), "is not for " + type + ": remove it");
    }
}
