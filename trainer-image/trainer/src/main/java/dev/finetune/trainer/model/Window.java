package dev.finetune.trainer.model;

/**
 * How a convolution moves over its input: stride, dilation, groups, and the zeros that are added at each side.
 *
 * @param padding the zeros
 */
record Window(int kernel, int stride, int dilation, int groups, Padding padding) {
    /** Where zeros are added. */
    enum Padding {
        /** Half the kernel at every side. */
        CENTERED,
        /** None. */
        NONE,
        /** TensorFlow's SAME: what the input's size and the stride call for, the odd one at the right and at the bottom. */
        SAME,
        /** Half the kernel at the right and at the bottom, one less at the left and at the top. */
        LATE
    }

    /** A plain one, with half the kernel of zeros at every side. */
    static Window of(int kernel, int stride) {
        return new Window(kernel, stride, 1, 1, Padding.CENTERED);
    }

    Window padded(Padding other) {
        return new Window(kernel, stride, dilation, groups, other);
    }

    Window grouped(int count) {
        return new Window(kernel, stride, dilation, count, padding);
    }

    Window dilated(int factor) {
        return new Window(kernel, stride, factor, groups, padding);
    }

    /** As the kernels take it: stride, dilation, groups, left, right, top, bottom. */
    long[] over(long height, long width) {
        int half = kernel / 2;
        return switch (padding) {
            case NONE -> numbers(0, 0, 0, 0);
            case CENTERED -> numbers(half, half, half, half);
            case LATE -> numbers(half - 1, half, half - 1, half);
            case SAME -> {
                long x = same(width);
                long y = same(height);
                yield numbers(x / 2 * dilation, (x - x / 2) * dilation, y / 2 * dilation, (y - y / 2) * dilation);
            }
        };
    }

    /** The shortest edge of which an edge that long is left. */
    int leastFor(int left) {
        int padded = switch (padding) {
            case NONE -> 0;
            case CENTERED -> kernel / 2 * 2;
            case LATE -> kernel / 2 * 2 - 1;
            case SAME -> dilation * (kernel - 1);
        };
        return Math.max(1, stride * (left - 1) + dilation * (kernel - 1) + 1 - padded);
    }

    private long same(long size) {
        long rest = size % stride == 0 ? stride : size % stride;
        return Math.max(kernel - rest, 0);
    }

    private long[] numbers(long left, long right, long top, long bottom) {
        return new long[] {stride, dilation, groups, left, right, top, bottom};
    }
}
