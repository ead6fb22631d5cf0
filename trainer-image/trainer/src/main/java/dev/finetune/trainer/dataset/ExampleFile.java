package dev.finetune.trainer.dataset;

import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import dev.finetune.api.Json;
import dev.finetune.trainer.storage.DurableFiles;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** Examples as JSON lines: the form in which prepare hands splits to the later stages. Written atomically. */
public final class ExampleFile {
    private static final ObjectReader READER = Json.MAPPER.readerFor(Example.class);
    private static final ObjectWriter WRITER = Json.MAPPER.writerFor(Example.class);

    private ExampleFile() {}

    /** All examples, in file order. */
    public static List<Example> read(Path file) throws IOException {
        try (Stream<Example> examples = stream(file)) {
            return examples.toList();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /** The examples, in file order, read as they are asked for. Close the stream; a broken line throws {@link UncheckedIOException}. */
    public static Stream<Example> stream(Path file) throws IOException {
        BufferedReader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8);
        Path folder = Objects.requireNonNull(file.toAbsolutePath().getParent(), "a file stands in a folder");
        return reader.lines()
                .map(ExampleFile::parse)
                .map(e -> e.image() == null ? e : e.with(e.image().in(folder)))
                .onClose(() -> close(reader));
    }

    /** Replaces {@code file} by these examples. */
    public static void write(Path file, Iterable<Example> examples) throws IOException {
        write(file, examples.iterator());
    }

    /** Replaces {@code file} by these examples, holding one at a time. */
    public static void write(Path file, Iterator<Example> examples) throws IOException {
        DurableFiles.write(file, out -> {
            while (examples.hasNext()) {
                out.write(WRITER.writeValueAsBytes(examples.next()));
                out.write('\n');
            }
        });
    }

    private static Example parse(String line) {
        try {
            return READER.readValue(line);
        } catch (IOException e) {
            throw new UncheckedIOException("not a prepared example: " + e.getMessage(), e);
        }
    }

    private static void close(BufferedReader reader) {
        try {
            reader.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
