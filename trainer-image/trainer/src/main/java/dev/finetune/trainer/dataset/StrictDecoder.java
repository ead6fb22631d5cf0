package dev.finetune.trainer.dataset;

import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;

/**
 * Decodes bytes and never papers over broken ones: each becomes {@link #BROKEN}, a lone surrogate that no valid input decodes to,
 * so that the reader of rows can name the row. A byte order mark at the start is dropped.
 */
final class StrictDecoder extends Reader {
    /** Stands for bytes that are not valid in the encoding. */
    static final char BROKEN = '\uDC01';

    private final InputStream in;
    private final CharsetDecoder decoder;
    private final ByteBuffer bytes = ByteBuffer.allocate(1 << 14).flip();
    private final CharBuffer chars = CharBuffer.allocate(1 << 14).flip();
    private boolean atStart = true;
    private boolean atEnd;
    private boolean finished;

    StrictDecoder(InputStream in, Charset charset) {
        this.in = in;
        this.decoder = charset.newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
    }

    @Override
    public int read(char[] target, int offset, int length) throws IOException {
        while (!chars.hasRemaining()) {
            if (finished) {
                return -1;
            }
            decode();
        }
        int n = Math.min(length, chars.remaining());
        chars.get(target, offset, n);
        return n;
    }

    private void decode() throws IOException {
        // One place is kept back for the mark: a decoder may report an error when its room is used up.
        chars.clear().limit(chars.capacity() - 1);
        CoderResult result = decoder.decode(bytes, chars, atEnd);
        if (result.isError()) {
            bytes.position(bytes.position() + result.length());
            chars.limit(chars.capacity()).put(BROKEN);
        } else if (result.isUnderflow() && atEnd) {
            finished = decoder.flush(chars).isUnderflow();
        } else if (result.isUnderflow()) {
            fill();
        }
        chars.flip();
        if (atStart && chars.hasRemaining()) {
            atStart = false;
            if (chars.get(chars.position()) == '\uFEFF') {
                chars.get();
            }
        }
    }

    private void fill() throws IOException {
        bytes.compact();
        int n = in.read(bytes.array(), bytes.position(), bytes.remaining());
        atEnd = n < 0;
        bytes.position(bytes.position() + Math.max(n, 0)).flip();
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
