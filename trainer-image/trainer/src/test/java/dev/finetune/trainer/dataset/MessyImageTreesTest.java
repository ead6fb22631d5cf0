package dev.finetune.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.finetune.api.CheckAction;
import dev.finetune.api.Checks;
import dev.finetune.api.DataFormat;
import dev.finetune.api.DataSplit;
import dev.finetune.api.DatasetSpec;
import dev.finetune.api.Json;
import dev.finetune.api.Task;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.source.SourceResolver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The archives of images of the shared collection of messy data, where it lies beside the checkout: each ends as its manifest expects. */
class MessyImageTreesTest {
    /** By file: what it gives. An archive is one source here, so one that holds two splits is refused. */
    private static final Map<String, String> ENDS = Map.of(
            "junk-files.tar", "classes [a, b]",
            "empty-class.tar", "class folders without a file: c",
            "nested.tar", "classes [a, b]",
            "flat-no-classes.tar", "only the label 'train'",
            "symlink-out.tar", "link",
            "val-missing-class.tar", "splits and not classes",
            "zip-slip.zip", "outside");

    @TempDir
    private Path folder;

    @Test
    void everyArchiveEndsAsItsManifestExpects() throws Exception {
        Path trees = SharedData.folder("messy/image-trees");
        Map<String, String> ends = new TreeMap<>();
        for (String line : Files.readAllLines(trees.resolve("MANIFEST.jsonl"))) {
            JsonNode entry = Json.MAPPER.readTree(line);
            String name = entry.path("file").asText();
            ends.put(name, end(trees.resolve(name)));
        }

        assertThat(ends.keySet()).isEqualTo(ENDS.keySet());
        ends.forEach((name, end) -> assertThat(end).as(name).contains(ENDS.get(name)));
    }

    private String end(Path archive) {
        SourceResolver sources = SourceResolver.local(archive.getParent());
        String name = String.valueOf(archive.getFileName());
        try {
            Path photos = sources.data(
                            sources.locate(
                                    "spec.dataset.train.storageUri",
                                    archive.toUri().toString(),
                                    null),
                            folder.resolve(name))
                    .path();
            return "classes "
                    + Dataset.read(Task.ImageClassification, spec(), sources(photos))
                            .info()
                            .labels();
        } catch (StageException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private static Dataset.Sources sources(Path photos) {
        return new Dataset.Sources(new Dataset.NamedFile("photos", photos), Optional.empty(), Optional.empty());
    }

    /** The images are one photo in many qualities. */
    private static DatasetSpec spec() {
        return new DatasetSpec(
                DataFormat.ImageFolder,
                null,
                null,
                null,
                new DataSplit(null, "0.2"),
                new DataSplit(null, "0.2"),
                null,
                null,
                new Checks(null, null, CheckAction.Ignore, null, null, null, 1, null));
    }
}
