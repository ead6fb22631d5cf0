package dev.finetune.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.api.Columns;
import dev.finetune.api.CsvDialect;
import dev.finetune.api.DataFormat;
import dev.finetune.api.DatasetSpec;
import dev.finetune.api.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SourceFilesTest {
    @TempDir
    Path folder;

    @Test
    void aFileIsAllThereIs() throws IOException {
        write("train.csv", "text,label\na,b\n");
        write("huge.bin", "x");
        assertThat(names(texts(DataFormat.CSV), "train.csv")).containsExactly("train.csv");
    }

    @Test
    void ofAFolderOnlyFilesOfTheFormatAreRead() throws IOException {
        write("data/1.csv", "text,label\na,b\n");
        write("data/deep/2.csv", "text,label\na,b\n");
        write("data/huge.bin", "x");
        write("data/.hidden.csv", "x");
        assertThat(names(texts(DataFormat.CSV), "data")).containsExactly("1.csv", "deep/2.csv");
    }

    @Test
    void classFoldersAreReadWithoutWhatLiesBesideThem() throws IOException {
        write("data/all/a/1.txt", "x");
        write("data/all/b/2.txt", "x");
        write("data/all/LICENSE", "x");
        assertThat(names(texts(DataFormat.TextFolder), "data")).containsExactly("all/a/1.txt", "all/b/2.txt");
    }

    @Test
    void aListOfImagesIsReadWithItsImagesAndNoOthers() throws IOException {
        write("list.csv", "image,label\nimg/1.png,a\n");
        write("img/1.png", "x");
        write("img/2.png", "x");
        SourceFiles files = SourceFiles.of(
                new Dataset.NamedFile("list.csv", folder.resolve("list.csv")),
                Task.ImageClassification,
                new DatasetSpec(
                        DataFormat.CSV,
                        null,
                        new Columns(null, null, "label", null, null, null, "image"),
                        null,
                        null,
                        null,
                        null,
                        null,
                        null));
        assertThat(names(files)).containsExactly("img/1.png", "list.csv");
        assertThat(files.movable()).isTrue();
    }

    @Test
    void aListThatNamesWhatIsNotThereStaysWhereItIsSoThatReadingItSaysSo() throws IOException {
        write("data/list.csv", "image,label\n../outside.png,a\nnone.png,b\n");
        write("outside.png", "x");
        SourceFiles files = SourceFiles.of(
                new Dataset.NamedFile("data", folder.resolve("data")),
                Task.ImageClassification,
                new DatasetSpec(
                        DataFormat.CSV,
                        null,
                        new Columns(null, null, "label", null, null, null, "image"),
                        null,
                        null,
                        null,
                        null,
                        null,
                        null));
        assertThat(names(files)).containsExactly("list.csv");
        assertThat(files.movable()).isFalse();
    }

    private static DatasetSpec texts(DataFormat format) {
        CsvDialect none = null;
        return new DatasetSpec(
                format,
                none,
                format == DataFormat.CSV ? new Columns("text", "label") : null,
                null,
                null,
                null,
                null,
                null,
                null);
    }

    private List<String> names(DatasetSpec spec, String source) {
        return names(
                SourceFiles.of(new Dataset.NamedFile(source, folder.resolve(source)), Task.TextClassification, spec));
    }

    private static List<String> names(SourceFiles files) {
        return files.files().stream()
                .map(f -> files.root().relativize(f).toString())
                .toList();
    }

    private void write(String name, String content) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }
}
