package dev.finetune.trainer.prepare;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.api.Columns;
import dev.finetune.api.DataFormat;
import dev.finetune.api.DatasetSpec;
import dev.finetune.api.Json;
import dev.finetune.api.Task;
import dev.finetune.trainer.artifact.Manifest;
import dev.finetune.trainer.dataset.Dataset;
import dev.finetune.trainer.source.Location;
import dev.finetune.trainer.source.Mounts;
import dev.finetune.trainer.source.SourceResolver;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataSourcesTest {
    private static final byte[] CSV = "text,label\na,b\n".getBytes(StandardCharsets.UTF_8);

    @TempDir
    Path root;

    private Path claim;
    private final DatasetSpec csv =
            new DatasetSpec(DataFormat.CSV, null, new Columns("text", "label"), null, null, null, null, null, null);

    @BeforeEach
    void mount() throws IOException {
        claim = Files.createDirectories(root.resolve("pvc/data"));
        Files.write(claim.resolve("train.csv"), CSV);
        Files.write(claim.resolve("huge.bin"), new byte[5]);
    }

    @Test
    void aMountedFileIsReadFromACopyWhoseDigestWasTakenOnTheWay() throws IOException {
        DataSources sources = new DataSources(Mounts.below(root), Task.TextClassification, csv);
        Dataset.NamedFile file = read(sources, Mounts.below(root), "pvc://data/train.csv");

        assertThat(file.name()).isEqualTo("train.csv");
        assertThat(file.path()).hasBinaryContent(CSV).startsWith(root.resolve("scratch"));
        assertThat(sources.read())
                .containsExactly(new Manifest.Source(
                        "spec.dataset.train", "pvc://data/train.csv", null, 1, CSV.length, Json.digest(CSV)));
    }

    @Test
    void ofAMountedFolderOnlyWhatIsReadIsCopied() throws IOException {
        Files.createDirectories(claim.resolve("more"));
        Files.write(claim.resolve("more/2.csv"), CSV);
        DataSources sources = new DataSources(Mounts.below(root), Task.TextClassification, csv);
        Dataset.NamedFile file = read(sources, Mounts.below(root), "pvc://data");

        assertThat(file.path().resolve("train.csv")).hasBinaryContent(CSV);
        assertThat(file.path().resolve("more/2.csv")).hasBinaryContent(CSV);
        assertThat(file.path().resolve("huge.bin")).doesNotExist();
        assertThat(sources.read().getFirst().files()).isEqualTo(2);
        assertThat(sources.read().getFirst().digest())
                .isEqualTo(Json.digest(
                        new TreeMap<>(Map.of("train.csv", Json.digest(CSV), "more/2.csv", Json.digest(CSV)))));
    }

    @Test
    void aFileOfThisMachineIsReadWhereItLies() throws IOException {
        SourceResolver local = SourceResolver.local(claim);
        DataSources sources = new DataSources(local, Task.TextClassification, csv);
        Dataset.NamedFile file = read(sources, local, "file://train.csv");

        assertThat(file.path()).isEqualTo(claim.resolve("train.csv"));
        assertThat(sources.read().getFirst().digest()).isEqualTo(Json.digest(CSV));
        assertThat(root.resolve("scratch")).doesNotExist();
    }

    private Dataset.NamedFile read(DataSources sources, SourceResolver resolver, String address) {
        Location location = resolver.locate("spec.dataset.train.storageUri", address, null);
        return sources.file("spec.dataset.train", location, root.resolve("scratch"));
    }
}
