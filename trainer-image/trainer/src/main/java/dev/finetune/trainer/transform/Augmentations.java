package dev.finetune.trainer.transform;

import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * The augmentations of a training run, in their order. An image is fitted first, unless one of them chooses the part that is taken. The
 * result is a pure function of image, seed, epoch and example: not of threads, batches or what was drawn before, so that a resumed run
 * sees the same images.
 */
public record Augmentations(List<Augmentation> steps, ImageTransform transform, long seed) {
    /** The fitted image that training sees of an example in an epoch. */
    public Pixels apply(Pixels image, int epoch, int example) {
        if (steps.isEmpty()) {
            return transform.fit(image);
        }
        ImageTransform.Size size = transform
                .outputSize()
                .orElseThrow(() -> new IllegalArgumentException("augmentation needs one size for all images"));
        Augmentation.Target target = new Augmentation.Target(
                size, transform.resample(), transform.normalisation().mean());
        RandomGenerator random = random(seed, epoch, example);
        boolean crops = steps.stream().anyMatch(s -> s instanceof Augmentation.RandomResizedCrop);
        Pixels changed = crops ? image : transform.fit(image);
        for (Augmentation step : steps) {
            changed = step.apply(changed, target, random);
        }
        return changed;
    }

    /** What the changes of an example in an epoch draw from. */
    static RandomGenerator random(long seed, int epoch, int example) {
        return new SplittableRandom(mix(mix(mix(seed) + epoch) + example));
    }

    /** The finaliser of SplitMix64: every bit of the input moves every bit of the output. */
    static long mix(long value) {
        long z = value + 0x9e3779b97f4a7c15L;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }
}
