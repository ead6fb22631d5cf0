package dev.finetune.api;

import java.math.BigDecimal;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What {@code spec.dataset.preprocessing.image} must hold. */
final class ImageRules {
    /** The longest edge that an image is brought to, in pixels. */
    private static final int LONGEST = 4096;

    private static final int CHANNELS = 3;

    private ImageRules() {}

    static void check(Field field, ImagePreprocessing image) {
        ImageResize resize = image.resize();
        if (resize != null) {
            Field at = field.at("resize");
            at.that(
                    (resize.shortest() == null) != (resize.exact() == null),
                    "exactly one of shortest and exact must be set");
            at.at("shortest").between(resize.shortest(), 1, LONGEST);
            List<Integer> exact = resize.exact();
            if (exact != null) {
                at.at("exact").that(exact.size() == 2, "must be a height and a width, found " + exact);
                exact.forEach(edge -> at.at("exact").between(edge, 1, LONGEST));
            }
        }
        field.at("crop").between(image.crop(), 1, LONGEST);
        channels(field.at("mean"), image.mean(), d -> d.signum() >= 0, "a decimal of at least 0");
        channels(field.at("std"), image.std(), d -> d.signum() > 0, "a decimal above 0");
    }

    private static void channels(
            Field field, @Nullable List<String> values, Function<BigDecimal, Boolean> fits, String expected) {
        if (values != null) {
            field.that(values.size() == CHANNELS, "must be three decimals, for red, green and blue, found " + values);
            values.forEach(value -> field.decimal(value, fits, expected));
        }
    }
}
