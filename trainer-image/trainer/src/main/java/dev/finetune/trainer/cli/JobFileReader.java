package dev.finetune.trainer.cli;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.finetune.api.FailureClass;
import dev.finetune.api.FineTuneJobSpec;
import dev.finetune.api.Json;
import dev.finetune.api.SpecValidator;
import dev.finetune.api.run.StageException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** Reads the one FineTuneJob of a manifest as strictly as an API server would; every error names its field. */
final class JobFileReader {
    private static final String API_VERSION = "finetune.dev/v1alpha1";
    private static final String KIND = "FineTuneJob";
    private static final Pattern NAME = Pattern.compile("[a-z]([-a-z0-9]{0,38}[a-z0-9])?");
    private static final Set<String> TOP_LEVEL = Set.of("apiVersion", "kind", "metadata", "spec", "status");
    /** What users write, and what an API server adds to what it gives back. */
    private static final Set<String> METADATA = Set.of(
            "name",
            "namespace",
            "labels",
            "annotations",
            "finalizers",
            "ownerReferences",
            "uid",
            "resourceVersion",
            "generation",
            "creationTimestamp",
            "managedFields");

    private static final ObjectMapper YAML = YAMLMapper.builder()
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
            .build();

    private JobFileReader() {}

    /** Reads, checks and resolves a manifest; throws InvalidSpec with every error found, one a line. */
    static JobFile read(Path path, Map<String, Path> mounts) {
        JsonNode document = onlyJob(path, documents(path));
        List<String> problems = new ArrayList<>();
        unknownKeys(document, "", TOP_LEVEL, problems);
        JsonNode metadata = document.path("metadata");
        unknownKeys(metadata, "metadata.", METADATA, problems);
        String name = metadata.path("name").asText("");
        if (!NAME.matcher(name).matches()) {
            problems.add(
                    "metadata.name: expected 1 to 40 lower-case letters, digits and '-', beginning with a letter; got '"
                            + name + "'");
        }
        FineTuneJobSpec spec = null;
        if (document.get("spec") instanceof ObjectNode fields) {
            spec = SpecReader.read(fields, problems);
        } else {
            problems.add("spec: missing; it says what to train on what");
        }
        if (spec != null && problems.isEmpty()) {
            spec = LocalSources.resolve(spec, path, mounts);
            SpecValidator.validateLocal(spec).forEach(p -> problems.add(p.path() + ": " + p.message()));
        }
        if (spec == null || !problems.isEmpty()) {
            throw invalid(path, String.join("\n  ", problems));
        }
        String namespace = metadata.path("namespace").asText("local");
        return new JobFile(path, name, namespace, spec);
    }

    private static List<JsonNode> documents(Path path) {
        try (MappingIterator<JsonNode> iterator =
                YAML.readerFor(JsonNode.class).readValues(Files.readString(path, StandardCharsets.UTF_8))) {
            return iterator.readAll().stream().filter(JsonNode::isObject).toList();
        } catch (NoSuchFileException e) {
            throw new StageException(
                    FailureClass.InvalidSpec, path + ": there is no such file; name a FineTuneJob manifest", e);
        } catch (JsonProcessingException e) {
            throw invalid(path, "not valid YAML: " + Json.fault(e));
        } catch (IOException e) {
            throw new StageException(FailureClass.InvalidSpec, path + ": cannot be read: " + e.getMessage(), e);
        }
    }

    private static JsonNode onlyJob(Path path, List<JsonNode> documents) {
        List<JsonNode> jobs = documents.stream()
                .filter(d -> d.path("kind").asText().equals(KIND))
                .toList();
        if (jobs.size() != 1) {
            throw invalid(
                    path,
                    "expected exactly one object of kind " + KIND + ", found " + jobs.size() + " among "
                            + documents.size() + " object(s)");
        }
        String apiVersion = jobs.getFirst().path("apiVersion").asText("");
        if (!apiVersion.equals(API_VERSION)) {
            throw invalid(path, "apiVersion: expected " + API_VERSION + ", got '" + apiVersion + "'");
        }
        return jobs.getFirst();
    }

    private static void unknownKeys(JsonNode object, String prefix, Set<String> known, List<String> problems) {
        object.fieldNames().forEachRemaining(key -> {
            if (!known.contains(key)) {
                problems.add(prefix + key + ": unknown field" + Suggestion.among(known, key));
            }
        });
    }

    private static StageException invalid(Path path, String problems) {
        return new StageException(FailureClass.InvalidSpec, path + " is not a valid FineTuneJob:\n  " + problems);
    }
}
