package dev.finetune.trainer.dataset.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.trainer.transform.Pixels;
import dev.finetune.trainer.transform.Resample;
import dev.finetune.trainer.transform.Resizer;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NearDuplicatesTest {
    /** 400 different pictures; 60 of them come again, changed as people change pictures. */
    @Test
    void finds_pictures_that_were_saved_resized_brightened_or_cropped_again_and_no_others() {
        NearDuplicates near = new NearDuplicates();
        int wrong = 0;
        for (int i = 0; i < 400; i++) {
            wrong += near.add(Fingerprint.of(picture(i))).isPresent() ? 1 : 0;
        }
        int found = 0;
        for (int i = 0; i < 60; i++) {
            Pixels original = picture(i * 5);
            Pixels changed = switch (i % 4) {
                case 0 -> Resizer.resize(original, 90, 70, Resample.Bicubic);
                case 1 -> noisy(original, i);
                case 2 -> brighter(original);
                default -> original.crop(1, 1, original.width() - 2, original.height() - 2);
            };
            OptionalInt twin = near.add(Fingerprint.of(changed));
            found += twin.isPresent() && twin.getAsInt() == i * 5 ? 1 : 0;
        }
        assertThat(found).as("recall").isGreaterThanOrEqualTo(56);
        assertThat(wrong).as("false alarms").isLessThanOrEqualTo(4);
    }

    /** Some random blobs and waves on a background: as different as photos are. */
    private static Pixels picture(int seed) {
        Random random = new Random(seed);
        Pixels image = Pixels.black(120, 96);
        double[][] blobs = new double[8][];
        for (int b = 0; b < blobs.length; b++) {
            blobs[b] = new double[] {
                random.nextDouble() * 120,
                random.nextDouble() * 96,
                5 + random.nextDouble() * 25,
                random.nextDouble() * 200 - 100,
                random.nextDouble() * 200 - 100,
                random.nextDouble() * 200 - 100
            };
        }
        for (int y = 0; y < 96; y++) {
            for (int x = 0; x < 120; x++) {
                for (int c = 0; c < 3; c++) {
                    double value = 128;
                    for (double[] blob : blobs) {
                        double distance = Math.pow((x - blob[0]) / blob[2], 2) + Math.pow((y - blob[1]) / blob[2], 2);
                        value += blob[3 + c] * Math.exp(-distance);
                    }
                    image.rgb()[(y * 120 + x) * 3 + c] = (byte) Math.max(0, Math.min(255, value));
                }
            }
        }
        return image;
    }

    private static Pixels noisy(Pixels image, int seed) {
        Random random = new Random(seed);
        Pixels out = new Pixels(image.width(), image.height(), image.rgb().clone());
        for (int i = 0; i < out.rgb().length; i++) {
            out.rgb()[i] = (byte) Math.max(0, Math.min(255, (out.rgb()[i] & 0xff) + random.nextGaussian() * 6));
        }
        return out;
    }

    private static Pixels brighter(Pixels image) {
        Pixels out = new Pixels(image.width(), image.height(), image.rgb().clone());
        for (int i = 0; i < out.rgb().length; i++) {
            out.rgb()[i] = (byte) Math.min(255, (out.rgb()[i] & 0xff) * 1.15);
        }
        return out;
    }
}
