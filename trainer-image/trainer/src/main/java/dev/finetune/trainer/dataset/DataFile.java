package dev.finetune.trainer.dataset;

import dev.finetune.api.CheckAction;
import dev.finetune.api.DataFormat;
import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.transform.TextInput;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A source of data on this machine, a file or a folder of files; {@code name} is what ids and messages call it. */
record DataFile(String name, Path path) {

    /** All examples with their keys; unreadable and empty rows are dealt with as the checks say. */
    List<Example> read(ReadSettings settings, CheckSettings checks, Findings findings) {
        List<Example> examples = new ArrayList<>();
        Findings.Counted broken = new Findings.Counted();
        Findings.Counted emptyTexts = new Findings.Counted();
        Findings.Counted emptyLabels = new Findings.Counted();
        try (RowReader rows = open(settings)) {
            for (Optional<Row> row = rows.next(); row.isPresent(); row = rows.next()) {
                String id = name + rows.part().map("/"::concat).orElse("") + ":"
                        + row.get().line();
                String place = rows.part().map(p -> p + ", ").orElse("") + rows.unit() + " ";
                switch (row.get()) {
                    case Row.Broken bad -> broken.add(place + bad.line() + ": " + bad.problem());
                    case Row.Read read
                    when ExampleKey.isEmpty(read.value(settings.answerRole())) -> emptyLabels.add(id);
                    case Row.Read read -> {
                        TextInput input = read.input();
                        if (isEmpty(input)) {
                            emptyTexts.add(id);
                            if (checks.empty() == CheckAction.Remove) {
                                continue;
                            }
                        }
                        examples.add(new Example(
                                id,
                                ExampleKey.of(input),
                                input.text(),
                                input.textPair(),
                                read.value(settings.answerRole())));
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + name + ": " + e.getMessage(), e);
        }
        long rows = examples.size() + broken.count() + emptyLabels.count();
        findings.report(
                "Unreadable",
                // A row that cannot be read cannot stay.
                checks.unreadable() == CheckAction.Warn ? CheckAction.Remove : checks.unreadable(),
                name + ": " + broken.count() + " of " + rows + " rows cannot be read",
                broken);
        findings.report("Empty", checks.empty(), name + ": " + emptyTexts.count() + " rows have no text", emptyTexts);
        findings.report(
                "Empty",
                // There is no class of that name, so the row cannot stay either.
                checks.empty() == CheckAction.Fail ? CheckAction.Fail : CheckAction.Remove,
                name + ": " + emptyLabels.count() + " rows have no label",
                emptyLabels);
        if (examples.isEmpty()) {
            throw new StageException(
                    FailureClass.InvalidData,
                    name
                            + (rows == 0
                                    ? " has no rows."
                                    : " has no row with text and label among its " + rows + " rows."));
        }
        return examples;
    }

    private static boolean isEmpty(TextInput input) {
        return ExampleKey.isEmpty(input.text()) || (input.textPair() != null && ExampleKey.isEmpty(input.textPair()));
    }

    RowReader open(ReadSettings settings) throws IOException {
        if (settings.format() == DataFormat.TextFolder) {
            return new TextFolderRows(ClassFolders.of(name, path, ".txt"), settings);
        }
        return Files.isDirectory(path)
                ? new PartRows(name, Part.of(name, path, extensions(settings.format())), settings)
                : openFile(settings);
    }

    RowReader openFile(ReadSettings settings) throws IOException {
        if (isParquet(settings.format())) {
            return openParquet(settings);
        }
        refuseEmpty();
        refuseOtherFormats(settings.format());
        StrictDecoder reader = new StrictDecoder(Files.newInputStream(path), settings.encoding());
        try {
            return switch (settings.format()) {
                case JSONLines -> new JsonRows(reader, settings);
                case CoNLL -> new ConllRows(reader, settings);
                default -> new CsvRows(name, reader, settings);
            };
        } catch (IOException | RuntimeException e) {
            reader.close();
            throw e;
        }
    }

    /** The rows of the one file that it is, in a format of Parquet files. */
    ParquetRows openParquet(ReadSettings settings) throws IOException {
        refuseEmpty();
        refuseOtherFormats(settings.format());
        return new ParquetRows(name, path, settings);
    }

    /** The files of the source that are of a format, each under the name that messages call it. */
    List<DataFile> files(DataFormat format) throws IOException {
        return Files.isDirectory(path)
                ? Part.of(name, path, extensions(format)).stream()
                        .map(part -> new DataFile(name + "/" + part.name(), part.path()))
                        .toList()
                : List.of(this);
    }

    private static boolean isParquet(DataFormat format) {
        return format == DataFormat.Parquet || format == DataFormat.HuggingFace;
    }

    static List<String> extensions(DataFormat format) {
        return switch (format) {
            case CSV -> List.of(".csv");
            case TSV -> List.of(".tsv", ".tab");
            case JSONLines -> List.of(".jsonl", ".ndjson", ".json");
            case CoNLL -> List.of(".conll", ".iob2", ".bio", ".txt");
            case Parquet, HuggingFace -> List.of(".parquet");
            case TextFolder -> List.of(".txt");
            case ImageFolder -> throw new IllegalArgumentException("images in class folders are no rows of a file");
        };
    }

    private void refuseEmpty() throws IOException {
        if (Files.size(path) == 0) {
            throw new StageException(FailureClass.InvalidData, name + " is empty: it has 0 bytes.");
        }
    }

    private void refuseOtherFormats(DataFormat format) throws IOException {
        byte[] start;
        try (InputStream in = new BufferedInputStream(Files.newInputStream(path))) {
            start = in.readNBytes(4);
        }
        boolean isParquet = startsWith(start, 'P', 'A', 'R', '1');
        if (isParquet != isParquet(format)) {
            throw new StageException(
                    FailureClass.InvalidData,
                    name + (isParquet ? " is" : " is not") + " a Parquet file, and spec.dataset.format is " + format
                            + ": name the format that it is written in.");
        }
        String found = startsWith(start, 0x1f, 0x8b)
                ? "gzip"
                : startsWith(start, 'P', 'K', 3, 4)
                        ? "a zip archive"
                        : startsWith(start, 0x28, 0xb5, 0x2f, 0xfd)
                                ? "zstd"
                                : startsWith(start, 'B', 'Z', 'h')
                                        ? "bzip2"
                                        : startsWith(start, 0xfd, '7', 'z', 'X') ? "xz" : "";
        if (!found.isEmpty()) {
            throw new StageException(
                    FailureClass.InvalidData,
                    name + " is not text but " + found
                            + ": unpack it. One gzip, zip or tar around the data is unpacked here, nothing else is.");
        }
    }

    private static boolean startsWith(byte[] bytes, int... magic) {
        for (int i = 0; i < magic.length; i++) {
            if (i >= bytes.length || (bytes[i] & 0xff) != magic[i]) {
                return false;
            }
        }
        return true;
    }
}
