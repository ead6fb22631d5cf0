package dev.finetune.trainer.transform;

import java.util.List;

/** Where pixels go. What comes from outside an image is black. */
final class Geometry {
    private Geometry() {}

    static Pixels mirrored(Pixels image, boolean leftRight) {
        Pixels out = Pixels.black(image.width(), image.height());
        for (int y = 0; y < image.height(); y++) {
            int fromY = leftRight ? y : image.height() - 1 - y;
            for (int x = 0; x < image.width(); x++) {
                int fromX = leftRight ? image.width() - 1 - x : x;
                System.arraycopy(
                        image.rgb(), (fromY * image.width() + fromX) * 3, out.rgb(), (y * image.width() + x) * 3, 3);
            }
        }
        return out;
    }

    static Pixels shifted(Pixels image, int right, int down) {
        return image.crop(-right, -down, image.width(), image.height());
    }

    /** Against the clock. */
    static Pixels rotated(Pixels image, double degrees) {
        double angle = Math.toRadians(degrees);
        return mapped(image, Math.cos(angle), -Math.sin(angle), Math.sin(angle), Math.cos(angle));
    }

    static Pixels sheared(Pixels image, double x, double y) {
        return mapped(image, 1, x, y, 1);
    }

    /** Every pixel from the place that the matrix gives, both counted from the middle, between four neighbours. */
    private static Pixels mapped(Pixels image, double xx, double xy, double yx, double yy) {
        Pixels out = Pixels.black(image.width(), image.height());
        double middleX = (image.width() - 1) / 2.0;
        double middleY = (image.height() - 1) / 2.0;
        for (int y = 0; y < image.height(); y++) {
            for (int x = 0; x < image.width(); x++) {
                double fromX = xx * (x - middleX) + xy * (y - middleY) + middleX;
                double fromY = yx * (x - middleX) + yy * (y - middleY) + middleY;
                for (int channel = 0; channel < 3; channel++) {
                    out.rgb()[(y * image.width() + x) * 3 + channel] =
                            (byte) Math.round(between(image, fromX, fromY, channel));
                }
            }
        }
        return out;
    }

    private static double between(Pixels image, double x, double y, int channel) {
        int left = (int) Math.floor(x);
        int top = (int) Math.floor(y);
        double right = x - left;
        double down = y - top;
        return (1 - down) * ((1 - right) * at(image, left, top, channel) + right * at(image, left + 1, top, channel))
                + down
                        * ((1 - right) * at(image, left, top + 1, channel)
                                + right * at(image, left + 1, top + 1, channel));
    }

    private static int at(Pixels image, int x, int y, int channel) {
        return x < 0 || y < 0 || x >= image.width() || y >= image.height() ? 0 : image.at(x, y, channel);
    }

    /** A rectangle of one colour, of which 1 is the brightest. */
    static Pixels filled(Pixels image, int left, int top, int width, int height, List<Double> colour) {
        Pixels out = new Pixels(image.width(), image.height(), image.rgb().clone());
        for (int y = top; y < top + height; y++) {
            for (int x = left; x < left + width; x++) {
                for (int channel = 0; channel < 3; channel++) {
                    out.rgb()[(y * image.width() + x) * 3 + channel] = (byte) Math.round(colour.get(channel) * 255);
                }
            }
        }
        return out;
    }
}
