package dev.finetune.trainer.source;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** Where the bytes of one file come from. */
@FunctionalInterface
interface Origin {
    /**
     * Asks for the file, or for the rest of it where {@code entityTag} names the version whose beginning is here.
     *
     * @throws Download.NotThere where there is no such file
     * @throws Download.Changed where it is another version by now
     * @throws Download.Busy where it can be asked for again later
     * @throws IOException for trouble that may pass
     * @throws dev.finetune.api.run.StageException for what will not pass
     */
    Body open(long from, @Nullable String entityTag) throws IOException;

    /**
     * Asks whether the file is still of that version and may be read by who asks, without its bytes.
     *
     * @throws dev.finetune.api.run.StageException for what will not pass, a refusal among it
     */
    default boolean isUnchanged(String version) throws IOException {
        return false;
    }

    /**
     * An answer.
     *
     * @param length of the content, or -1
     * @param rest whether it begins where it was asked to, or at the file's start
     * @param entityTag what names this version of the file; null where nothing does
     * @param end gives the connection back
     */
    record Body(
            InputStream content,
            long length,
            boolean rest,
            @Nullable String entityTag,
            Closeable end) implements Closeable {
        @Override
        public void close() throws IOException {
            end.close();
        }
    }
}
