package dev.finetune.trainer.transform;

/** The filters that images are resized with, in Pillow's definitions; the number is Pillow's, as preprocessor_config.json has it. */
public enum Resample {
    /** The nearest pixel. */
    Nearest(0, 0),
    /** Windowed sinc of three lobes. */
    Lanczos(1, 3),
    /** Triangle. */
    Bilinear(2, 1),
    /** Cubic with a = -0.5. */
    Bicubic(3, 2),
    /** Mean of the covered pixels. */
    Box(4, 0.5),
    /** Hamming window. */
    Hamming(5, 1);

    private final int number;
    private final double support;

    Resample(int number, double support) {
        this.number = number;
        this.support = support;
    }

    /** Pillow's number. */
    public int number() {
        return number;
    }

    /** How far the filter reaches, in pixels of the smaller grid. */
    double support() {
        return support;
    }

    /** The filter's value. */
    double weight(double x) {
        double distance = Math.abs(x);
        return switch (this) {
            case Nearest, Box -> x > -0.5 && x <= 0.5 ? 1 : 0;
            case Bilinear -> distance < 1 ? 1 - distance : 0;
            case Hamming ->
                distance == 0
                        ? 1
                        : distance >= 1
                                ? 0
                                : Math.sin(distance * Math.PI)
                                        / (distance * Math.PI)
                                        * (0.54 + 0.46 * Math.cos(distance * Math.PI));
            case Bicubic -> cubic(distance);
            case Lanczos -> -3 <= x && x < 3 ? sinc(x) * sinc(x / 3) : 0;
        };
    }

    private static double cubic(double x) {
        double a = -0.5;
        if (x < 1) {
            return ((a + 2) * x - (a + 3)) * x * x + 1;
        }
        return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
    }

    private static double sinc(double x) {
        return x == 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
    }
}
