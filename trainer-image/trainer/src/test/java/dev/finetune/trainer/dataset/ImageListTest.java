package dev.finetune.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.api.CheckAction;
import dev.finetune.api.Checks;
import dev.finetune.api.Columns;
import dev.finetune.api.CsvDialect;
import dev.finetune.api.DataFormat;
import dev.finetune.api.DataSplit;
import dev.finetune.api.DatasetSpec;
import dev.finetune.api.Finding;
import dev.finetune.api.Task;
import dev.finetune.trainer.ColouredShapes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images that a CSV or JSON Lines file lists by their paths. */
class ImageListTest {
    @TempDir
    private Path folder;

    private Path source;
    private DataFormat format = DataFormat.CSV;
    private @Nullable CsvDialect csv;
    private Columns columns = new Columns(null, null, "colour", null, null, null, "path");
    private final StringBuilder list = new StringBuilder("path,colour\n");

    @BeforeEach
    void picturesInOneFolder() throws IOException {
        source = folder.resolve("data");
        for (String colour : ColouredShapes.COLOURS) {
            for (int i = 0; i < 12; i++) {
                String name = "images/" + colour.charAt(0) + i + ".png";
                ColouredShapes.put(source.resolve(name), ColouredShapes.file(colour, 100 + i, "png"));
                list.append(name).append(',').append(colour).append('\n');
            }
        }
    }

    @Test
    void eachRowIsAnExampleWhosePathIsRelativeToItsList() throws IOException {
        Dataset data = read("list.csv", list.toString());

        assertThat(size(data)).isEqualTo(36);
        assertThat(data.info().labels()).isEqualTo(ColouredShapes.COLOURS);
        assertThat(data.train().getFirst().id()).startsWith("data/list.csv:");
    }

    @Test
    void aListMayLieDeeperAndBeAlone() throws IOException {
        assertThat(size(read("lists/list.csv", list.toString().replace("images/", "../images/"))))
                .isEqualTo(36);
        source = source.resolve("lists/list.csv");
        assertThatThrownBy(() -> read(list.toString().replace("images/", "../images/")))
                .hasMessageContaining("leads out of");
    }

    @Test
    void jsonLinesAndFilesWithoutAHeaderListImagesToo() throws IOException {
        format = DataFormat.JSONLines;
        String lines = list.toString()
                .lines()
                .skip(1)
                .map(l -> "{\"path\": \"" + l.replace(",", "\", \"colour\": \"") + "\"}\n")
                .reduce("", String::concat);
        assertThat(size(read("list.jsonl", lines))).isEqualTo(36);
        Files.delete(source.resolve("list.jsonl"));
        format = DataFormat.TSV;
        csv = new CsvDialect(null, null, false, null);
        columns = new Columns(null, null, "1", null, null, null, "0");
        String rows = list.substring(list.indexOf("\n") + 1).replace(',', '\t');
        assertThat(size(read("list.tsv", rows))).isEqualTo(36);
    }

    @Test
    void rowsWithoutAFileOrALabelAndPathsThatLeadOutAreTold() throws IOException {
        ColouredShapes.put(folder.resolve("outside.png"), ColouredShapes.file("red", 1, "png"));
        ColouredShapes.put(source.resolve("images/text.png"), new byte[] {'x'});
        list.append("images/none.png,red\n../outside.png,red\nimages/text.png,blue\nimages/r1.png,\n");

        Dataset data = read("list.csv", list.toString());

        Finding unreadable = finding(data, "Unreadable");
        assertThat(unreadable.count()).isEqualTo(3);
        assertThat(unreadable.message())
                .contains("line 38: there is no file 'images/none.png'", "line 39: '../outside.png' leads out of data")
                .contains("line 40, images/text.png: it is of no known image format");
        assertThat(finding(data, "Empty").message()).contains("1 rows have no label", "data/list.csv:41");
        assertThat(size(data)).isEqualTo(36);
    }

    @Test
    void aSingleClassIsRefusedByTheColumnOfLabels() {
        assertThatThrownBy(() ->
                        read("list.csv", "path,colour\nimages/r1.png,red\nimages/r2.png,red\nimages/r3.png,red\n"))
                .hasMessageContainingAll("only the label 'red'", "Check spec.dataset.columns.label.");
    }

    @Test
    void anImageThatIsListedTwiceIsADuplicate() throws IOException {
        list.append("images/r1.png,red\n");

        assertThat(finding(read("list.csv", list.toString()), "Duplicates").message())
                .contains("data/list.csv:38 (as data/list.csv:");
    }

    private static long size(Dataset data) {
        return data.info().train() + data.info().validation() + data.info().test();
    }

    private static Finding finding(Dataset data, String check) {
        return data.info().findings().stream()
                .filter(f -> f.check().equals(check))
                .findFirst()
                .orElseThrow(() -> new AssertionError(
                        "no " + check + " among " + data.info().findings()));
    }

    private Dataset read(String name, String content) throws IOException {
        ColouredShapes.put(source.resolve(name), content.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        return read(null);
    }

    private Dataset read(@Nullable String ofOneFile) throws IOException {
        if (ofOneFile != null) {
            Files.writeString(source, ofOneFile);
        }
        DatasetSpec spec = new DatasetSpec(
                format,
                csv,
                columns,
                null,
                new DataSplit(null, "0.2"),
                new DataSplit(null, "0.2"),
                null,
                null,
                new Checks(null, null, null, null, CheckAction.Remove, null, 3, null));
        return Dataset.read(
                Task.ImageClassification,
                spec,
                new Dataset.Sources(new Dataset.NamedFile("data", source), Optional.empty(), Optional.empty()));
    }
}
