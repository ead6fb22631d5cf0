package dev.finetune.trainer.dataset.image;

import dev.finetune.trainer.transform.Pixels;
import dev.finetune.trainer.transform.Resample;
import dev.finetune.trainer.transform.Resizer;
import java.util.Arrays;

/**
 * How an image looks, so that the same picture saved again, resized, brightened or slightly cropped is known. A crop moves everything that is left, so an image is
 * looked at twice: as a whole, and without a narrow margin, which is what a cropped copy of it is compared with.
 */
public record Fingerprint(View whole, View inner) {
    /** The edge of what the inner view is cut from: a large image is not to be copied for it. */
    private static final int EDGE = 100;

    /** What is cut off of each side: with it, a copy that lacks up to 4 in 100 a side is known. */
    private static final int MARGIN = 3;

    /** The fingerprint of an image. */
    public static Fingerprint of(Pixels image) {
        Pixels small = Resizer.resize(image, EDGE, EDGE, Resample.Bilinear);
        return new Fingerprint(
                View.of(image), View.of(small.crop(MARGIN, MARGIN, EDGE - 2 * MARGIN, EDGE - 2 * MARGIN)));
    }

    boolean looksLike(Fingerprint other) {
        return whole.looksLike(other.whole) || whole.looksLike(other.inner) || inner.looksLike(other.whole);
    }

    /** How alike the thumbnails are that are most so, 1 where they are equal. */
    double similarity(Fingerprint other) {
        double difference = Math.min(
                whole.difference(other.whole), Math.min(whole.difference(other.inner), inner.difference(other.whole)));
        return 1 - difference / 255;
    }

    /**
     * A perceptual hash (signs of the 63 lowest frequencies of a 32 x 32 grey thumbnail against their median) to find candidates, and a
     * normalised 16 x 16 one to decide, because pictures of one kind, such as digits, share their hash.
     */
    record View(long hash, byte[] thumbnail) {
        private static final int SIZE = 32;
        private static final int LOW = 8;
        private static final int SMALL = 16;

        /** Most bits of the hash that may differ. */
        static final int MAX_BITS = 7;

        /** Most by which the thumbnails may differ on average, of 255. */
        private static final double MAX_DIFFERENCE = 7;

        private static final double[][] COSINES = new double[LOW][SIZE];

        static {
            for (int k = 0; k < LOW; k++) {
                for (int i = 0; i < SIZE; i++) {
                    COSINES[k][i] = Math.cos(Math.PI * k * (2 * i + 1) / (2 * SIZE));
                }
            }
        }

        /** How these pixels look. */
        static View of(Pixels image) {
            double[] grey = grey(Resizer.resize(image, SIZE, SIZE, Resample.Bilinear));
            double[] low = new double[LOW * LOW];
            for (int v = 0; v < LOW; v++) {
                for (int u = 0; u < LOW; u++) {
                    for (int y = 0; y < SIZE; y++) {
                        for (int x = 0; x < SIZE; x++) {
                            low[v * LOW + u] += grey[y * SIZE + x] * COSINES[v][y] * COSINES[u][x];
                        }
                    }
                }
            }
            double[] sorted = Arrays.copyOfRange(low, 1, low.length);
            Arrays.sort(sorted);
            double median = sorted[sorted.length / 2];
            long hash = 0;
            for (int i = 1; i < low.length; i++) {
                hash |= low[i] > median ? 1L << i : 0;
            }
            return new View(hash, normalised(grey(Resizer.resize(image, SMALL, SMALL, Resample.Box))));
        }

        boolean looksLike(View other) {
            if (Long.bitCount(hash ^ other.hash) > MAX_BITS) {
                return false;
            }
            return difference(other) <= MAX_DIFFERENCE;
        }

        double difference(View other) {
            int sum = 0;
            for (int i = 0; i < thumbnail.length; i++) {
                sum += Math.abs(thumbnail[i] - other.thumbnail[i]);
            }
            return (double) sum / thumbnail.length;
        }

        private static double[] grey(Pixels image) {
            double[] values = new double[image.width() * image.height()];
            for (int i = 0; i < values.length; i++) {
                values[i] = 0.299 * (image.rgb()[3 * i] & 0xff)
                        + 0.587 * (image.rgb()[3 * i + 1] & 0xff)
                        + 0.114 * (image.rgb()[3 * i + 2] & 0xff);
            }
            return values;
        }

        /** Around the mean, with a standard deviation of 40, so that a change of brightness or contrast doesn't count; flat images stay flat. */
        private static byte[] normalised(double[] grey) {
            double mean = Arrays.stream(grey).average().orElse(0);
            double deviation = Math.sqrt(Arrays.stream(grey)
                    .map(v -> (v - mean) * (v - mean))
                    .average()
                    .orElse(0));
            byte[] values = new byte[grey.length];
            for (int i = 0; i < grey.length; i++) {
                double value = (grey[i] - mean) / Math.max(deviation, 8) * 40;
                values[i] = (byte) Math.max(-127, Math.min(127, Math.round(value)));
            }
            return values;
        }
    }
}
