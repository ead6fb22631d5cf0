package dev.finetune.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExampleFileTest {
    @TempDir
    Path folder;

    @Test
    void readsWhatItWrote() throws IOException {
        List<Example> examples = List.of(
                new Example("a.csv:1", "00", "line\nbreak \u2028 \"q\" \\ \0 😀", "no"),
                new Example("a.csv:2", "01", "", "1e3"));
        Path file = folder.resolve("new/train.jsonl");
        ExampleFile.write(file, examples);
        assertThat(ExampleFile.read(file)).isEqualTo(examples);
        try (Stream<Path> files = Files.list(file.getParent())) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void keepsTheOldFileWhenWritingFails() throws IOException {
        Path file = folder.resolve("train.jsonl");
        List<Example> old = List.of(new Example("a:1", "00", "old", "x"));
        ExampleFile.write(file, old);
        Iterable<Example> failing = () -> Stream.<Example>generate(() -> {
                    throw new IllegalStateException("stop");
                })
                .iterator();
        assertThatThrownBy(() -> ExampleFile.write(file, failing)).hasMessage("stop");
        assertThat(ExampleFile.read(file)).isEqualTo(old);
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void saysWhatIsWrongWithABrokenLine() throws IOException {
        Path file = folder.resolve("train.jsonl");
        Files.writeString(file, "{\"id\":\"a\"\n");
        assertThatThrownBy(() -> ExampleFile.read(file)).isInstanceOf(IOException.class);
    }

    @Property(tries = 200)
    void everyTextSurvives(@ForAll @StringLength(max = 40) String text) throws IOException {
        // Lone surrogates are not text: UTF-8 cannot carry them.
        if (!java.nio.charset.StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
            return;
        }
        Path file = Files.createTempFile("examples", ".jsonl");
        List<Example> examples = List.of(new Example("a:1", "00", text, "x"));
        ExampleFile.write(file, examples);
        assertThat(ExampleFile.read(file)).isEqualTo(examples);
        Files.delete(file);
    }
}
