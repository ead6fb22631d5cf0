package dev.finetune.trainer.dataset.image;

import javax.imageio.stream.ImageInputStreamImpl;

/** Bytes as the JDK's image readers want them, without a cache in memory or on disk. */
final class ByteArrayImageInput extends ImageInputStreamImpl {
    /** A reader of bits may look ahead by so many bytes; one that goes on takes what is not there for zeros, for seconds. */
    private static final int MOST_PAST_END = 64;

    private final byte[] bytes;
    private int pastEnd;

    ByteArrayImageInput(byte[] bytes) {
        this.bytes = bytes;
    }

    @Override
    public int read() {
        bitOffset = 0;
        if (streamPos < bytes.length) {
            return bytes[(int) streamPos++] & 0xff;
        }
        if (++pastEnd > MOST_PAST_END) {
            throw new IndexOutOfBoundsException("it ends too early");
        }
        return -1;
    }

    @Override
    public int read(byte[] to, int offset, int length) {
        bitOffset = 0;
        int n = (int) Math.min(length, bytes.length - streamPos);
        if (n <= 0) {
            return length == 0 ? 0 : -1;
        }
        System.arraycopy(bytes, (int) streamPos, to, offset, n);
        streamPos += n;
        return n;
    }

    @Override
    public long length() {
        return bytes.length;
    }
}
