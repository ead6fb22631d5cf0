package dev.finetune.trainer.artifact;

import com.fasterxml.jackson.databind.MappingIterator;
import dev.finetune.api.Json;
import dev.finetune.trainer.storage.DurableFiles;
import dev.finetune.trainer.transform.ImageInput;
import dev.finetune.trainer.transform.Input;
import dev.finetune.trainer.transform.TextInput;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One raw input with the scores that the artefact gave it when it was judged, in the order of the manifest's labels; {@code label} is the
 * answer, of several labels their {@link dev.finetune.trainer.dataset.LabelSet}, of the tags of words their {@link dev.finetune.trainer.dataset.TextList}, with
 * the scores of one word after the other. {@code image} is the file of an image in base64. A server replays
 * them before it is ready: they test that what was judged is what is served, not quality.
 */
public record GoldenRequest(
        String text, @Nullable String textPair, @Nullable String image, String label, List<Double> scores) {
    /** One of a text, or two. */
    public GoldenRequest(String text, @Nullable String textPair, String label, List<Double> scores) {
        this(text, textPair, null, label, scores);
    }

    /** One of an image, which has no text. */
    public static GoldenRequest ofImage(byte[] file, String label, List<Double> scores) {
        return new GoldenRequest("", null, Base64.getEncoder().encodeToString(file), label, scores);
    }

    /** How far a score may be off on another machine, for large ones relative to them. */
    public static final double TOLERANCE = 1e-3;

    /** What is asked. */
    public Input input() {
        return image == null
                ? new TextInput(text, textPair)
                : ImageInput.of(Base64.getDecoder().decode(image));
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
