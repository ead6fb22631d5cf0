package dev.finetune.trainer.source;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Copies bytes and takes their SHA-256 on the way. */
final class HashingCopy {
    private final MessageDigest digest = sha256();
    private final byte[] buffer = new byte[1 << 16];
    private long size;

    /** Copies what the stream still holds, at most until {@code limit} bytes were copied in all; false when there is more. */
    boolean copy(InputStream in, OutputStream out, long limit) throws IOException {
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
            if (size + n > limit) {
                return false;
            }
            out.write(buffer, 0, n);
            digest.update(buffer, 0, n);
            size += n;
        }
        return true;
    }

    /** Reads as many bytes as were copied so far and says whether they are the same ones. */
    boolean skipsTheSame(InputStream in) throws IOException {
        MessageDigest again = sha256();
        long left = size;
        while (left > 0) {
            int n = in.read(buffer, 0, (int) Math.min(left, buffer.length));
            if (n < 0) {
                return false;
            }
            again.update(buffer, 0, n);
            left -= n;
        }
        return MessageDigest.isEqual(again.digest(), snapshot());
    }

    /** Bytes copied so far. */
    long size() {
        return size;
    }

    /** The digest of all that was copied so far. */
    String digest() {
        return "sha256:" + HexFormat.of().formatHex(snapshot());
    }

    private byte[] snapshot() {
        try {
            return ((MessageDigest) digest.clone()).digest();
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException("the JDK's SHA-256 can be cloned", e);
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
