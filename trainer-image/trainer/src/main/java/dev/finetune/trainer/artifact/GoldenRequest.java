package dev.finetune.trainer.artifact;

import com.fasterxml.jackson.databind.MappingIterator;
import dev.finetune.api.Json;
import dev.finetune.trainer.storage.DurableFiles;
import dev.finetune.trainer.transform.TextInput;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One raw input with the scores that the artefact gave it when it was judged, in the order of the manifest's labels; {@code label} is the
 * answer, of several labels their {@link dev.finetune.trainer.dataset.LabelSet}. A server replays
 * them before it is ready: they test that what was judged is what is served, not quality.
 */
public record GoldenRequest(String text, @Nullable String textPair, String label, List<Double> scores) {
    /** How far a score may be off on another machine, for large ones relative to them. */
    public static final double TOLERANCE = 1e-3;

    /** What is asked. */
    public TextInput input() {
        return new TextInput(text, textPair);
    }

    /** All requests of an artefact, in file order. */
    public static List<GoldenRequest> read(Path artifact) throws IOException {
        Path file = artifact.resolve(Artifact.GOLDEN);
        try (MappingIterator<GoldenRequest> lines =
                Json.MAPPER.readerFor(GoldenRequest.class).readValues(file.toFile())) {
            return lines.readAll();
        }
    }

    /** Replaces the requests of an artefact, one JSON object per line. */
    public static void write(Path artifact, List<GoldenRequest> requests) throws IOException {
        DurableFiles.write(artifact.resolve(Artifact.GOLDEN), out -> {
            for (GoldenRequest request : requests) {
                out.write(Json.MAPPER.writeValueAsBytes(request));
                out.write('\n');
            }
        });
    }

    /** Whether these scores are the expected ones: the same best label, none further off than the tolerance. */
    public boolean agrees(String bestLabel, double[] actual) {
        if (!bestLabel.equals(label) || actual.length != scores.size()) {
            return false;
        }
        for (int j = 0; j < actual.length; j++) {
            if (!(Math.abs(actual[j] - scores.get(j)) <= TOLERANCE * Math.max(1, Math.abs(scores.get(j))))) {
                return false;
            }
        }
        return true;
    }
}
