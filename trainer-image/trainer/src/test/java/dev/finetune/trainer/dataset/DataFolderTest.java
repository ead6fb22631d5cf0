package dev.finetune.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.api.Columns;
import dev.finetune.api.DataFormat;
import dev.finetune.api.DatasetSpec;
import dev.finetune.api.FailureClass;
import dev.finetune.api.Task;
import dev.finetune.api.run.StageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataFolderTest {
    @TempDir
    Path folder;

    private DataFormat format = DataFormat.CSV;

    @Test
    void readsTheFilesOfAFormatInTheOrderOfTheirNames() throws IOException {
        put("b/part-2.csv", "label,text\ny,third\n");
        put("b/part-1.csv", "text,label\nfirst,x\nsecond,y\n");
        put("README.md", "# not data");
        put(".hidden.csv", "no");
        put("__MACOSX/b/._part-1.csv", "no");
        assertThat(read())
                .extracting(Example::id)
                .containsExactly("f/b/part-1.csv:2", "f/b/part-1.csv:3", "f/b/part-2.csv:2");
        assertThat(read()).extracting(Example::label).containsExactly("x", "y", "y");
    }

    @Test
    void takesTheOnlyFileWhateverItIsCalled() throws IOException {
        put("SMSSpamCollection", "text,label\na,b\n");
        assertThat(read()).hasSize(1);
    }

    @Test
    void namesTheFileOfABadRow() throws IOException {
        put("1.csv", "text,label\na,b\n");
        put("2.csv", "text,label\na,b\n\nc\n");
        assertFails().hasMessageContainingAll("f: 1 of 3 rows", "2.csv, line 4", "1 field");
    }

    @Test
    void saysWhatIsThereWhereNoFileIsOfTheFormat() throws IOException {
        put("a.jsonl", "{}");
        put("b.jsonl", "{}");
        assertFails().hasMessageContainingAll(".csv", "spec.dataset.format", "'a.jsonl', 'b.jsonl'");
        put("[Content_Types].xml", "<x/>");
        assertFails().hasMessageContaining("spreadsheet");
    }

    @Test
    void doesNotLeaveTheFolderThroughALink() throws IOException {
        Path outside = Files.writeString(folder.resolveSibling("outside.csv"), "text,label\na,b\n");
        put("1.csv", "text,label\na,b\n");
        Files.createSymbolicLink(folder.resolve("2.csv"), outside);
        assertFails().hasMessageContainingAll("'2.csv'", "link");
    }

    @Test
    void takesTheFirstFolderAsTheLabelOfEachText() throws IOException {
        format = DataFormat.TextFolder;
        put("reviews/neg/deep/2.txt", "bad\nindeed");
        put("reviews/pos/1.txt", "good");
        put("reviews/README", "not an example");
        assertThat(read())
                .satisfiesExactly(
                        e -> assertThat(e)
                                .isEqualTo(new Example(
                                        "f/neg/deep/2.txt:1", ExampleKey.of("bad\nindeed"), "bad\nindeed", "neg")),
                        e -> assertThat(e.label()).isEqualTo("pos"));
    }

    @Test
    void refusesTextsWithoutClassesAndClassesWithoutTexts() throws IOException {
        format = DataFormat.TextFolder;
        put("1.txt", "x");
        assertFails().hasMessageContaining("no class folders");
        put("a/1.txt", "x");
        put("b/.keep", "");
        assertFails().hasMessageContainingAll("without a file", "b");
    }

    @Test
    void refusesATextThatIsNotUtf8() throws IOException {
        format = DataFormat.TextFolder;
        Files.createDirectories(folder.resolve("a"));
        Files.write(folder.resolve("a/1.txt"), new byte[] {'h', (byte) 0xe9});
        put("b/1.txt", "x");
        assertFails().hasMessageContainingAll("a/1.txt", "UTF-8");
    }

    private List<Example> read() {
        Columns columns = format.hasColumns() ? new Columns("text", "label") : null;
        return new DataFile("f", folder)
                .read(
                        ReadSettings.of(
                                Task.TextClassification,
                                new DatasetSpec(format, null, columns, null, null, null, null, null, null)),
                        CheckSettings.of(null),
                        new Findings());
    }

    private AbstractThrowableAssert<?, ? extends Throwable> assertFails() {
        return assertThatThrownBy(this::read)
                .isInstanceOfSatisfying(
                        StageException.class, e -> assertThat(e.failure()).isEqualTo(FailureClass.InvalidData));
    }

    private void put(String name, String content) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }
}
