package dev.finetune.trainer.dataset;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.finetune.api.Checks;
import dev.finetune.api.Columns;
import dev.finetune.api.CsvDialect;
import dev.finetune.api.DataFormat;
import dev.finetune.api.DatasetSpec;
import dev.finetune.api.Task;
import dev.finetune.trainer.FuzzedFile;
import dev.finetune.trainer.storage.FileTree;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Rows of any bytes are read or refused, in every dialect. */
class DataFileFuzzTest {
    private static final Path FILE = FuzzedFile.folder().resolve("train");
    private static final Path COPIES = FuzzedFile.folder().resolve("images");
    private static final Path PARQUET = Path.of("src/test/resources/parquet");
    private static final List<DatasetSpec> CSV = List.of(
            spec(DataFormat.CSV, null, new Columns("text", "label")),
            spec(DataFormat.TSV, null, new Columns("text", "label")),
            spec(DataFormat.CSV, new CsvDialect(";", "None", false, "ISO-8859-1"), new Columns("0", "1")),
            spec(DataFormat.CSV, new CsvDialect(null, "'", false, "UTF-16"), new Columns("1", "0")));
    private static final DatasetSpec JSON = spec(DataFormat.JSONLines, null, new Columns("text", "label"));
    private static final DatasetSpec LABEL_SETS =
            spec(DataFormat.JSONLines, null, new Columns("text", null, null, "label"));

    private static final DatasetSpec IMAGES =
            spec(DataFormat.Parquet, null, new Columns(null, null, "label", null, null, null, "image"));

    static Stream<byte[]> csv() {
        return texts(
                "text,label\nhello,ham\n\"a \"\"b\"\"\n\",spam\n",
                "\uFEFFtext\tlabel\r\nx\ty\r\n\r\n",
                "a;\"b\nc;d",
                "text,label\nhal\"f,x\n\"open,y\n",
                "text,text,label\n1,2,3\n");
    }

    @MethodSource
    @FuzzTest(maxDuration = "10m")
    void csv(byte[] file) throws IOException {
        for (DatasetSpec spec : CSV) {
            read(file, Task.TextClassification, spec);
        }
    }

    static Stream<byte[]> jsonLines() {
        return texts(
                "{\"text\":\"a\",\"label\":\"b\"}\n{\"text\":\"\\ud83d\",\"label\":1e400}\n",
                "{\"text\":\"a\",\"label\":[\"x\",\"y\",\"x\"]}\n{\"text\":null}\n[]\n",
                "{\"text\":\"a\",\"text\":\"b\",\"label\":true}\n{\"label\":{}}\n");
    }

    @MethodSource
    @FuzzTest(maxDuration = "10m")
    void jsonLines(byte[] file) throws IOException {
        read(file, Task.TextClassification, JSON);
        read(file, Task.MultiLabelTextClassification, LABEL_SETS);
    }

    static Stream<byte[]> parquet() {
        return FuzzedFile.seeds(PARQUET, ".parquet");
    }

    @MethodSource
    @FuzzTest(maxDuration = "10m")
    void parquet(byte[] file) throws IOException {
        read(file, Task.TextClassification, spec(DataFormat.Parquet, null, new Columns("text", "label")));
        read(
                file,
                Task.MultiLabelTextClassification,
                spec(DataFormat.Parquet, null, new Columns("text", null, null, "labels")));
    }

    static Stream<byte[]> parquetImages() {
        return FuzzedFile.seeds(PARQUET, ".parquet");
    }

    @MethodSource
    @FuzzTest(maxDuration = "10m")
    void parquetImages(byte[] file) throws IOException {
        try {
            FuzzedFile.read(
                    FILE,
                    file,
                    path -> ParquetImages.of(
                                    new Dataset.NamedFile("train", path),
                                    ReadSettings.of(Task.ImageClassification, IMAGES),
                                    COPIES)
                            .read(CheckSettings.of((Checks) null), new Findings(), new HashMap<>()));
        } finally {
            FileTree.delete(COPIES);
        }
    }

    private static void read(byte[] content, Task task, DatasetSpec spec) throws IOException {
        FuzzedFile.read(
                FILE,
                content,
                file -> new DataFile("train", file)
                        .read(ReadSettings.of(task, spec), CheckSettings.of((Checks) null), new Findings()));
    }

    private static Stream<byte[]> texts(String... texts) {
        return Stream.of(texts).map(t -> t.getBytes(StandardCharsets.UTF_8));
    }

    private static DatasetSpec spec(DataFormat format, CsvDialect dialect, Columns columns) {
        return new DatasetSpec(format, dialect, columns, null, null, null, null, null, null);
    }
}
