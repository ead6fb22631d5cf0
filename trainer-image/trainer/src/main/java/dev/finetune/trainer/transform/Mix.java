package dev.finetune.trainer.transform;

/** How two images become one, and how much of the label is the first one's. Images are {@code [3][height][width]} normalised values. */
public sealed interface Mix {
    /** The share of the first image, and so of its label, from 0 to 1; the rest is the other's. */
    double own();

    /** Puts the other image into the first, which starts at that place of {@code images}. */
    void apply(float[] images, int at, float[] other);

    /** One laid over the other. */
    record Blend(double own) implements Mix {
        @Override
        public void apply(float[] images, int at, float[] other) {
            float first = (float) own;
            float second = (float) (1 - own);
            for (int i = 0; i < other.length; i++) {
                images[at + i] = first * images[at + i] + second * other[i];
            }
        }
    }

    /** A rectangle of the other in the place of that of the first; it may be empty. */
    record Patch(int width, int height, int left, int top, int right, int bottom) implements Mix {
        @Override
        public double own() {
            return 1 - (double) (right - left) * (bottom - top) / ((double) width * height);
        }

        @Override
        public void apply(float[] images, int at, float[] other) {
            for (int channel = 0; channel < 3; channel++) {
                for (int y = top; y < bottom; y++) {
                    int from = (channel * height + y) * width + left;
                    System.arraycopy(other, from, images, at + from, right - left);
                }
            }
        }
    }
}
