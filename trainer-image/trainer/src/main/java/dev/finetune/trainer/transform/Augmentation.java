package dev.finetune.trainer.transform;

import java.util.List;
import java.util.random.RandomGenerator;

/**
 * A change of a training image that leaves its label true, with the meaning and the defaults that torchvision gives it. What it draws
 * comes from the generator alone.
 */
public sealed interface Augmentation {
    /** The image that training sees; {@code target} is what the model takes. */
    Pixels apply(Pixels image, Target target, RandomGenerator random);

    /** What the model takes: the size, the filter that resizes to it, and the colour that becomes zero. */
    record Target(ImageTransform.Size size, Resample resample, List<Double> mean) {}

    /** Left and right exchanged. */
    record HorizontalFlip(double probability) implements Augmentation {
        @Override
        public Pixels apply(Pixels image, Target target, RandomGenerator random) {
            return random.nextDouble() < probability ? Geometry.mirrored(image, true) : image;
        }
    }

    /** Top and bottom exchanged. */
    record VerticalFlip(double probability) implements Augmentation {
        @Override
        public Pixels apply(Pixels image, Target target, RandomGenerator random) {
            return random.nextDouble() < probability ? Geometry.mirrored(image, false) : image;
        }
    }

    /** A part of the image of that share of its area, of a ratio between 3:4 and 4:3, resized to the target (Szegedy et al. 2014). */
    record RandomResizedCrop(double minScale, double maxScale) implements Augmentation {
        private static final double LOG_RATIO = Math.log(4.0 / 3);
        private static final int TRIES = 10;

        @Override
        public Pixels apply(Pixels image, Target target, RandomGenerator random) {
            double area = (double) image.width() * image.height();
            for (int i = 0; i < TRIES; i++) {
                double part = area * (minScale + (maxScale - minScale) * random.nextDouble());
                double ratio = Math.exp(LOG_RATIO * (2 * random.nextDouble() - 1));
                int width = (int) Math.rint(Math.sqrt(part * ratio));
                int height = (int) Math.rint(Math.sqrt(part / ratio));
                if (width > 0 && width <= image.width() && height > 0 && height <= image.height()) {
                    int left = random.nextInt(image.width() - width + 1);
                    int top = random.nextInt(image.height() - height + 1);
                    return resized(image, left, top, width, height, target);
                }
            }
            int width = Math.max(1, (int) Math.min(image.width(), Math.rint(image.height() * 4.0 / 3)));
            int height = Math.max(1, (int) Math.min(image.height(), Math.rint(image.width() * 4.0 / 3)));
            return resized(image, (image.width() - width) / 2, (image.height() - height) / 2, width, height, target);
        }

        private static Pixels resized(Pixels image, int left, int top, int width, int height, Target target) {
            return Resizer.resize(
                    image.crop(left, top, width, height),
                    target.size().width(),
                    target.size().height(),
                    target.resample());
        }
    }

    /** Turned around the middle by up to that many degrees either way; the corners are black. */
    record Rotation(double degrees) implements Augmentation {
        @Override
        public Pixels apply(Pixels image, Target target, RandomGenerator random) {
            return Geometry.rotated(image, degrees * (2 * random.nextDouble() - 1));
        }
    }

    /** Brightness, contrast and saturation times 1 - x to 1 + x, hue shifted by up to x of the circle either way, in random order. */
    record ColorJitter(double brightness, double contrast, double saturation, double hue) implements Augmentation {
        @Override
        public Pixels apply(Pixels image, Target target, RandomGenerator random) {
            double[] factors = {
                factor(brightness, random),
                factor(contrast, random),
                factor(saturation, random),
                hue * (2 * random.nextDouble() - 1)
            };
            int[] order = {0, 1, 2, 3};
            for (int i = order.length - 1; i > 0; i--) {
                int j = random.nextInt(i + 1);
                int kept = order[i];
                order[i] = order[j];
                order[j] = kept;
            }
            Pixels changed = image;
            for (int what : order) {
                double by = factors[what];
                changed = switch (what) {
                    case 0 -> brightness == 0 ? changed : Colours.brightness(changed, by);
                    case 1 -> contrast == 0 ? changed : Colours.contrast(changed, by);
                    case 2 -> saturation == 0 ? changed : Colours.saturation(changed, by);
                    default -> hue == 0 ? changed : Colours.hue(changed, by);
                };
            }
            return changed;
        }

        private static double factor(double range, RandomGenerator random) {
            double low = Math.max(0, 1 - range);
            return low + (1 + range - low) * random.nextDouble();
        }
    }

    /** A rectangle of 2 to 33 % of the area, of a ratio between 3:10 and 10:3, in the colour that becomes zero (Zhong et al. 2017). */
    record Erasing(double probability) implements Augmentation {
        private static final double LOG_RATIO = Math.log(10.0 / 3);
        private static final int TRIES = 10;

        @Override
        public Pixels apply(Pixels image, Target target, RandomGenerator random) {
            if (random.nextDouble() >= probability) {
                return image;
            }
            double area = (double) image.width() * image.height();
            for (int i = 0; i < TRIES; i++) {
                double part = area * (0.02 + 0.31 * random.nextDouble());
                double ratio = Math.exp(LOG_RATIO * (2 * random.nextDouble() - 1));
                int width = (int) Math.rint(Math.sqrt(part / ratio));
                int height = (int) Math.rint(Math.sqrt(part * ratio));
                if (width > 0 && width < image.width() && height > 0 && height < image.height()) {
                    int left = random.nextInt(image.width() - width + 1);
                    int top = random.nextInt(image.height() - height + 1);
                    return Geometry.filled(image, left, top, width, height, target.mean());
                }
            }
            return image;
        }
    }

    /** That many changes drawn from fourteen, all of one strength from 0 to 30 (Cubuk et al. 2019). */
    record RandAugment(int operations, int magnitude) implements Augmentation {
        private static final int STRONGEST = 30;
        private static final int KINDS = 14;

        @Override
        public Pixels apply(Pixels image, Target target, RandomGenerator random) {
            Pixels changed = image;
            for (int i = 0; i < operations; i++) {
                changed = change(changed, random.nextInt(KINDS), random.nextBoolean() ? -1 : 1);
            }
            return changed;
        }

        private Pixels change(Pixels image, int kind, int sign) {
            double share = (double) magnitude / STRONGEST;
            return switch (kind) {
                case 0 -> Geometry.sheared(image, sign * 0.3 * share, 0);
                case 1 -> Geometry.sheared(image, 0, sign * 0.3 * share);
                case 2 -> Geometry.shifted(image, (int) (sign * 150.0 / 331 * image.width() * share), 0);
                case 3 -> Geometry.shifted(image, 0, (int) (sign * 150.0 / 331 * image.height() * share));
                case 4 -> Geometry.rotated(image, sign * 30 * share);
                case 5 -> Colours.brightness(image, 1 + sign * 0.9 * share);
                case 6 -> Colours.saturation(image, 1 + sign * 0.9 * share);
                case 7 -> Colours.contrast(image, 1 + sign * 0.9 * share);
                case 8 -> Colours.sharpness(image, 1 + sign * 0.9 * share);
                case 9 -> Colours.posterised(image, 8 - (int) Math.rint(4 * share));
                case 10 -> Colours.solarised(image, (int) (255 * (1 - share)));
                case 11 -> Colours.stretched(image);
                case 12 -> Colours.equalised(image);
                default -> image;
            };
        }
    }
}
