package dev.finetune.trainer.transform;

import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * The ways in which the images of an optimizer step are mixed, one of which a step draws. What it draws is a pure function of seed and step,
 * and the same for all of the step's images, as in torchvision and in the authors' code.
 */
public record Mixing(List<Way> ways, long seed) {
    /** One way; shares come from Beta(alpha, alpha). */
    public sealed interface Way {
        /** The parameter of the Beta distribution, above 0. */
        double alpha();

        /** How often a step that drew this way is mixed at all. */
        double probability();

        /** The mix of images of that size for a share of the first image. */
        Mix of(double share, int width, int height, RandomGenerator random);
    }

    /** Zhang et al. 2018. */
    public record Mixup(double alpha, double probability) implements Way {
        @Override
        public Mix of(double share, int width, int height, RandomGenerator random) {
            return new Mix.Blend(share);
        }
    }

    /** Yun et al. 2019: a rectangle of the image's ratio around a place that is drawn; what of it lies outside is cut off, and the shares are what is left. */
    public record CutMix(double alpha, double probability) implements Way {
        @Override
        public Mix of(double share, int width, int height, RandomGenerator random) {
            double half = Math.sqrt(1 - share) / 2;
            int x = random.nextInt(width);
            int y = random.nextInt(height);
            int across = (int) (half * width);
            int down = (int) (half * height);
            return new Mix.Patch(
                    width,
                    height,
                    Math.max(0, x - across),
                    Math.max(0, y - down),
                    Math.min(width, x + across),
                    Math.min(height, y + down));
        }
    }

    /** How the images of a step are mixed, which have that size; nothing where they are not. */
    public Optional<Mix> of(long step, int width, int height) {
        if (ways.isEmpty()) {
            return Optional.empty();
        }
        RandomGenerator random = new SplittableRandom(Augmentations.mix(Augmentations.mix(seed) + step));
        Way way = ways.get(random.nextInt(ways.size()));
        return random.nextDouble() < way.probability()
                ? Optional.of(way.of(beta(way.alpha(), random), width, height, random))
                : Optional.empty();
    }

    /** One draw from Beta(alpha, alpha). */
    static double beta(double alpha, RandomGenerator random) {
        if (alpha > 1) {
            double x = gamma(alpha, random);
            return x / (x + gamma(alpha, random));
        }
        // Joehnk 1964, by logarithms: a power of 1/alpha soon falls below the smallest double.
        while (true) {
            double x = StrictMath.log(1 - random.nextDouble()) / alpha;
            double y = StrictMath.log(1 - random.nextDouble()) / alpha;
            double most = Math.max(x, y);
            double sum = most + StrictMath.log(StrictMath.exp(x - most) + StrictMath.exp(y - most));
            if (sum <= 0) {
                return StrictMath.exp(x - sum);
            }
        }
    }

    /** Marsaglia and Tsang 2000, for alpha of at least 1. */
    private static double gamma(double alpha, RandomGenerator random) {
        double d = alpha - 1.0 / 3;
        double c = 1 / Math.sqrt(9 * d);
        while (true) {
            double x = random.nextGaussian();
            double root = 1 + c * x;
            double v = root * root * root;
            if (v > 0 && StrictMath.log(1 - random.nextDouble()) < x * x / 2 + d - d * v + d * StrictMath.log(v)) {
                return d * v;
            }
        }
    }
}
