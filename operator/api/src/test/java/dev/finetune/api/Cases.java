package dev.finetune.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The files {@code valid-*.yaml} and {@code invalid-*.yaml}: whole manifests, or a merge patch on one of them. */
final class Cases {
    static final Path CRDS = Path.of("../../crds");
    private static final Path FOLDER = Path.of("src/test/resources");
    private static final YAMLMapper YAML = new YAMLMapper();

    private Cases() {}

    static List<Path> named(String prefix) {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.filter(f -> f.getFileName().toString().startsWith(prefix))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static JsonNode yaml(Path file) {
        try {
            return YAML.readTree(file.toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The manifest that a case describes, as YAML text. */
    static String manifest(Path file) {
        try {
            JsonNode content = yaml(file);
            if (!content.has("base")) {
                return Files.readString(file);
            }
            JsonNode base = yaml(FOLDER.resolve(content.get("base").asText()));
            return YAML.writeValueAsString(
                    merge(base, content.has("patch") ? content.get("patch") : content.get("update")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static JsonNode merge(JsonNode target, JsonNode patch) {
        if (!(patch instanceof ObjectNode changes) || !(target instanceof ObjectNode)) {
            return patch;
        }
        ObjectNode merged = target.deepCopy();
        changes.properties().forEach(change -> {
            if (change.getValue().isNull()) {
                merged.remove(change.getKey());
            } else {
                merged.set(change.getKey(), merge(merged.path(change.getKey()), change.getValue()));
            }
        });
        return merged;
    }
}
