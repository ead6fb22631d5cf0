package dev.finetune.acceptance.job;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;

/** One row of bad-inputs.yaml: a good manifest and good files, but for one thing. */
record BadInput(JsonNode good, JsonNode row) {
    private static final YAMLMapper YAML = new YAMLMapper();
    private static final String CONFIG_MAP = "configmap://data/";

    /** Who has to tell the user. */
    enum Teller {
        /** The API server, at apply. */
        apply,
        /** The operator, before it makes a pod. */
        operator,
        /** The stage that looks at data, model and sources. */
        stage,
        /** The operator, once something that is missing has not come for a while. */
        patience
    }

    /** The rows of that kind; {@code hub} takes the place of HUB. */
    static List<BadInput> toldBy(Teller teller, String hub) {
        JsonNode table = table(hub);
        return StreamSupport.stream(table.path(teller.name()).spliterator(), false)
                .map(row -> new BadInput(parse(table.path("good").asText()), row))
                .toList();
    }

    /** The manifest with nothing wrong in it, under that name. */
    static ObjectNode good(String name, String hub) {
        return new BadInput(
                        parse(table(hub).path("good").asText()),
                        YAML.createObjectNode().put("name", name))
                .manifest();
    }

    /** The good files, by their names. */
    static Map<String, byte[]> goodFiles() {
        return Map.of("train.csv", bytes(rows(0, 40)), "test.csv", bytes(rows(40, 20)));
    }

    String name() {
        return row.path("name").asText();
    }

    /** The class that the job ends with. */
    String failure() {
        return row.path("failure").asText();
    }

    /** What the message must hold. */
    List<String> says() {
        return StreamSupport.stream(row.path("says").spliterator(), false)
                .map(JsonNode::asText)
                .toList();
    }

    /** The files that this input brings along, by their names. */
    Map<String, byte[]> files() {
        Map<String, byte[]> files = new TreeMap<>();
        train().ifPresent(content -> files.put(name() + ".train", content));
        if (row.has("testRows")) {
            files.put(
                    name() + ".test", bytes(rows(40, 20) + row.path("testRows").asText()));
        }
        return files;
    }

    ObjectNode manifest() {
        ObjectNode manifest = good.deepCopy();
        manifest.withObject("/metadata").put("name", name());
        if (train().isPresent()) {
            manifest.withObject("/spec/dataset/train").put("storageUri", CONFIG_MAP + name() + ".train");
        }
        if (row.has("testRows")) {
            manifest.withObject("/spec/dataset/test").put("storageUri", CONFIG_MAP + name() + ".test");
        }
        if (row.has("model")) {
            manifest.withObject("/spec/model")
                    .put("storageUri", "pvc://models/base/" + row.path("model").asText());
        }
        return (ObjectNode) merged(manifest, row.path("change"));
    }

    private Optional<byte[]> train() {
        if (row.has("trainBytes")) {
            return Optional.of(Base64.getDecoder().decode(row.path("trainBytes").asText()));
        }
        if (row.has("train")) {
            return Optional.of(bytes(row.path("train").asText()));
        }
        return row.has("rows")
                ? Optional.of(bytes(rows(0, 40) + row.path("rows").asText()))
                : Optional.empty();
    }

    /** A header and texts that differ from each other and from those of every other range. */
    private static String rows(int from, int count) {
        List<String> lines = new ArrayList<>(List.of("text,label"));
        IntStream.range(from, from + count)
                .mapToObj(i -> i % 2 == 0 ? "a good film " + i + ",good" : "a bad film " + i + ",bad")
                .forEach(lines::add);
        return String.join("\n", lines) + "\n";
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static JsonNode table(String hub) {
        try (InputStream in = Objects.requireNonNull(BadInput.class.getResourceAsStream("/job/bad-inputs.yaml"))) {
            return parse(new String(in.readAllBytes(), StandardCharsets.UTF_8).replace("HUB", hub));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static JsonNode parse(String yaml) {
        try {
            return YAML.readTree(yaml);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As a JSON merge patch: null removes. */
    private static JsonNode merged(JsonNode target, JsonNode patch) {
        if (patch.isMissingNode()) {
            return target;
        }
        if (!(patch instanceof ObjectNode changes)) {
            return patch;
        }
        ObjectNode merged = target instanceof ObjectNode object ? object.deepCopy() : YAML.createObjectNode();
        changes.properties().forEach(change -> {
            if (change.getValue().isNull()) {
                merged.remove(change.getKey());
            } else {
                merged.set(change.getKey(), merged(merged.path(change.getKey()), change.getValue()));
            }
        });
        return merged;
    }

    @Override
    public String toString() {
        return name();
    }
}
