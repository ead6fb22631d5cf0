package dev.finetune.trainer.transform;

import java.util.function.IntUnaryOperator;

/** What pixels' values become, in the numbers of Pillow's enhancers, which torchvision and RandAugment use. */
final class Colours {
    private Colours() {}

    static Pixels brightness(Pixels image, double factor) {
        return each(image, value -> blend(0, value, factor));
    }

    static Pixels contrast(Pixels image, double factor) {
        long sum = 0;
        for (int i = 0; i < image.rgb().length; i += 3) {
            sum += grey(image.rgb(), i);
        }
        int mean = (int) (sum / (image.rgb().length / 3.0) + 0.5);
        return each(image, value -> blend(mean, value, factor));
    }

    static Pixels saturation(Pixels image, double factor) {
        byte[] out = new byte[image.rgb().length];
        for (int i = 0; i < out.length; i += 3) {
            int grey = grey(image.rgb(), i);
            for (int channel = 0; channel < 3; channel++) {
                out[i + channel] = (byte) blend(grey, image.rgb()[i + channel] & 0xff, factor);
            }
        }
        return new Pixels(image.width(), image.height(), out);
    }

    /** Between the image smoothed by a 3 x 3 mean with five times the middle, and itself, or beyond. */
    static Pixels sharpness(Pixels image, double factor) {
        byte[] out = image.rgb().clone();
        int stride = image.width() * 3;
        for (int y = 1; y < image.height() - 1; y++) {
            for (int i = y * stride + 3; i < (y + 1) * stride - 3; i++) {
                int sum = 4 * (image.rgb()[i] & 0xff);
                for (int row = -stride; row <= stride; row += stride) {
                    sum += (image.rgb()[i + row - 3] & 0xff)
                            + (image.rgb()[i + row] & 0xff)
                            + (image.rgb()[i + row + 3] & 0xff);
                }
                out[i] = (byte) blend((int) (sum / 13.0 + 0.5), image.rgb()[i] & 0xff, factor);
            }
        }
        return new Pixels(image.width(), image.height(), out);
    }

    static Pixels posterised(Pixels image, int bits) {
        int mask = -(1 << (8 - bits));
        return each(image, value -> value & mask);
    }

    static Pixels solarised(Pixels image, int threshold) {
        return each(image, value -> value < threshold ? value : 255 - value);
    }

    /** Each channel stretched to 0 to 255. */
    static Pixels stretched(Pixels image) {
        return channels(image, counts -> {
            int low = 0;
            int high = 255;
            while (low < 255 && counts[low] == 0) {
                low++;
            }
            while (high > 0 && counts[high] == 0) {
                high--;
            }
            int from = low;
            double scale = high <= low ? 0 : 255.0 / (high - low);
            return scale == 0 ? value -> value : value -> clip((int) (value * scale - from * scale));
        });
    }

    /** Each channel with about as many pixels of every value. */
    static Pixels equalised(Pixels image) {
        return channels(image, counts -> {
            int last = 255;
            while (counts[last] == 0) {
                last--;
            }
            int step = (image.width() * image.height() - counts[last]) / 255;
            int[] table = new int[256];
            int n = step / 2;
            for (int i = 0; i < 256 && step > 0; i++) {
                table[i] = clip(n / step);
                n += counts[i];
            }
            return step == 0 ? value -> value : value -> table[value];
        });
    }

    /** Hue turned by a share of the circle, in 8-bit HSV. */
    static Pixels hue(Pixels image, double share) {
        int turn = (int) (share * 255) & 0xff;
        byte[] out = new byte[image.rgb().length];
        for (int i = 0; i < out.length; i += 3) {
            turn(image.rgb(), out, i, turn);
        }
        return new Pixels(image.width(), image.height(), out);
    }

    private static void turn(byte[] from, byte[] to, int i, int turn) {
        int red = from[i] & 0xff;
        int green = from[i + 1] & 0xff;
        int blue = from[i + 2] & 0xff;
        int most = Math.max(red, Math.max(green, blue));
        int least = Math.min(red, Math.min(green, blue));
        if (most == least) {
            System.arraycopy(from, i, to, i, 3);
            return;
        }
        float range = most - least;
        float toRed = (most - red) / range;
        float toGreen = (most - green) / range;
        float toBlue = (most - blue) / range;
        float side = red == most ? toBlue - toGreen : green == most ? 2 + toRed - toBlue : 4 + toGreen - toRed;
        // Rounded to float where Pillow does: a third of the circle is then 85, not 84.
        int hue = ((int) ((float) ((side / 6.0 + 1) % 1) * 255.0) + turn) & 0xff;
        double saturation = (int) (range / most * 255.0) / 255.0;
        double sixth = hue * 6.0 / 255;
        int sector = (int) sixth;
        double within = sixth - sector;
        int low = (int) Math.round(most * (1 - saturation));
        int falling = (int) Math.round(most * (1 - saturation * within));
        int rising = (int) Math.round(most * (1 - saturation * (1 - within)));
        int[] rgb = switch (sector % 6) {
            case 0 -> new int[] {most, rising, low};
            case 1 -> new int[] {falling, most, low};
            case 2 -> new int[] {low, most, rising};
            case 3 -> new int[] {low, falling, most};
            case 4 -> new int[] {rising, low, most};
            default -> new int[] {most, low, falling};
        };
        for (int channel = 0; channel < 3; channel++) {
            to[i + channel] = (byte) clip(rgb[channel]);
        }
    }

    private interface TableOfCounts {
        IntUnaryOperator of(int[] counts);
    }

    private static Pixels channels(Pixels image, TableOfCounts table) {
        byte[] out = new byte[image.rgb().length];
        for (int channel = 0; channel < 3; channel++) {
            int[] counts = new int[256];
            for (int i = channel; i < out.length; i += 3) {
                counts[image.rgb()[i] & 0xff]++;
            }
            IntUnaryOperator map = table.of(counts);
            for (int i = channel; i < out.length; i += 3) {
                out[i] = (byte) map.applyAsInt(image.rgb()[i] & 0xff);
            }
        }
        return new Pixels(image.width(), image.height(), out);
    }

    private static Pixels each(Pixels image, IntUnaryOperator map) {
        byte[] table = new byte[256];
        for (int i = 0; i < 256; i++) {
            table[i] = (byte) map.applyAsInt(i);
        }
        byte[] out = new byte[image.rgb().length];
        for (int i = 0; i < out.length; i++) {
            out[i] = table[image.rgb()[i] & 0xff];
        }
        return new Pixels(image.width(), image.height(), out);
    }

    private static int grey(byte[] rgb, int i) {
        return ((rgb[i] & 0xff) * 19595 + (rgb[i + 1] & 0xff) * 38470 + (rgb[i + 2] & 0xff) * 7471 + 0x8000) >> 16;
    }

    /** From one value (0) to the other (1), and beyond. */
    private static int blend(int from, int to, double factor) {
        return clip((int) ((float) from + (float) factor * (to - from)));
    }

    private static int clip(int value) {
        return value < 0 ? 0 : Math.min(value, 255);
    }
}
