package dev.finetune.trainer.transform;

import java.util.List;
import java.util.Optional;

/**
 * From a decoded image to what a model takes: resize, crop, scale and normalise. The one function that train, evaluate and serve
 * share. Plain values, so that a manifest can hold it.
 *
 * @param resize to which size, if at all
 * @param resample the filter
 * @param crop the middle of that size, if at all; where the image is smaller, black is added
 * @param normalisation what happens to the values
 */
public record ImageTransform(
        Optional<Resize> resize, Resample resample, Optional<Size> crop, Normalisation normalisation) {
    /** A height and a width in pixels. */
    public record Size(int height, int width) {}

    /** A size to resize to. */
    public sealed interface Resize {
        /** The shorter edge becomes that long; the ratio stays. */
        record Shortest(int edge) implements Resize {}

        /** Exactly that size, whatever the ratio was. */
        record Exact(Size size) implements Resize {}
    }

    /**
     * {@code ((value x scale + offset) - mean) / std} for each channel, in the order and the precision of transformers' image
     * processors: scaled in float64, stored and normalised in float32.
     */
    public record Normalisation(double scale, double offset, List<Double> mean, List<Double> std) {
        /** Scaled to 0 to 1, then normalised. */
        public static Normalisation of(List<Double> mean, List<Double> std) {
            return new Normalisation(1.0 / 255, 0, mean, std);
        }

        /** The 256 possible values of a channel. */
        float[] table(int channel) {
            float[] values = new float[256];
            for (int i = 0; i < 256; i++) {
                float scaled = (float) (i * scale + offset);
                values[i] = (scaled - mean.get(channel).floatValue())
                        / std.get(channel).floatValue();
            }
            return values;
        }
    }

    /** The shorter edge of that length by that filter, the middle of that size, scaled to 0 to 1 and normalised. */
    public static ImageTransform cropped(
            int shortest, int edge, Resample resample, List<Double> mean, List<Double> std) {
        return new ImageTransform(
                Optional.of(new Resize.Shortest(shortest)),
                resample,
                Optional.of(new Size(edge, edge)),
                Normalisation.of(mean, std));
    }

    /** Exactly a square of that edge, scaled to 0 to 1 and normalised. */
    public static ImageTransform squared(int edge, Resample resample, List<Double> mean, List<Double> std) {
        return new ImageTransform(
                Optional.of(new Resize.Exact(new Size(edge, edge))),
                resample,
                Optional.empty(),
                Normalisation.of(mean, std));
    }

    /** The image resized and cropped, before its values are touched. */
    public Pixels fit(Pixels image) {
        Pixels resized = resize.map(r -> resize(image, r)).orElse(image);
        return crop.map(size -> resized.crop(
                        Math.floorDiv(resized.width() - size.width, 2),
                        Math.floorDiv(resized.height() - size.height, 2),
                        size.width,
                        size.height))
                .orElse(resized);
    }

    private Pixels resize(Pixels image, Resize to) {
        return switch (to) {
            case Resize.Exact(Size size) -> Resizer.resize(image, size.width, size.height, resample);
            case Resize.Shortest(int edge) -> {
                boolean portrait = image.width() <= image.height();
                int shorter = portrait ? image.width() : image.height();
                int longer = portrait ? image.height() : image.width();
                int other = Math.max(1, (int) ((long) edge * longer / shorter));
                yield Resizer.resize(image, portrait ? edge : other, portrait ? other : edge, resample);
            }
        };
    }

    /** Writes a fitted image as {@code [3][height][width]} floats. */
    public void normalise(Pixels fitted, float[] to, int offset) {
        int count = fitted.width() * fitted.height();
        for (int channel = 0; channel < 3; channel++) {
            float[] table = normalisation.table(channel);
            int at = offset + channel * count;
            for (int i = 0; i < count; i++) {
                to[at + i] = table[fitted.rgb()[3 * i + channel] & 0xff];
            }
        }
    }

    /** How people read it: {@code shorter edge 256 by Bicubic, the middle 224 x 224}. */
    public String described() {
        String resized = resize.map(r -> switch (r) {
                    case Resize.Shortest(int edge) -> "shorter edge " + edge + " by " + resample;
                    case Resize.Exact(Size size) -> size.width + " x " + size.height + " by " + resample;
                })
                .orElse("as it is");
        return resized
                + crop.map(size -> ", the middle " + size.width + " x " + size.height)
                        .orElse("");
    }

    /** The size of everything that comes out, if it is the same for every image. */
    public Optional<Size> outputSize() {
        if (crop.isPresent()) {
            return crop;
        }
        return resize.flatMap(r -> r instanceof Resize.Exact(Size size) ? Optional.of(size) : Optional.empty());
    }
}
