package dev.finetune.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;

/**
 * Reads the FineTuneJob of a YAML file as an API server would: an unknown field, a number where text belongs or a value that is
 * not on the list is a problem with its field path and line, and all problems are told together. Documents of other kinds are
 * passed over.
 */
public final class ManifestReader {
    private static final String API_VERSION = "finetune.dev/v1alpha1";
    private static final String KIND = "FineTuneJob";
    private static final int LARGEST = 1 << 20;

    private ManifestReader() {}

    /**
     * The one FineTuneJob in the text.
     *
     * @throws ManifestException with every problem of the text; whether the values make sense is {@link SpecValidator}'s
     */
    public static Manifest read(String text) {
        List<Node> jobs = documents(text).stream()
                .filter(d -> scalar(d, "kind").filter(KIND::equals).isPresent())
                .toList();
        if (jobs.size() != 1) {
            throw problem("", "expected one document with kind: " + KIND + ", found " + jobs.size());
        }
        Node job = jobs.getFirst();
        String version = scalar(job, "apiVersion").orElse("");
        if (!version.equals(API_VERSION)) {
            throw problem("apiVersion", "expected " + API_VERSION + ", found '" + version + "'");
        }
        StrictYaml yaml = new StrictYaml();
        ObjectNode document = yaml.object(job, Document.class, "");
        if (!yaml.problems().isEmpty()) {
            throw new ManifestException(yaml.problems());
        }
        return manifest(document);
    }

    private static Manifest manifest(ObjectNode document) {
        JsonNode metadata = document.path("metadata");
        String name = metadata.path("name").asText("");
        if (name.isEmpty()) {
            throw problem("metadata.name", "expected a name, found none");
        }
        JsonNode spec = document.path("spec");
        if (!spec.isObject()) {
            throw problem("spec", "expected what is asked for, found none");
        }
        Map<String, String> labels = new TreeMap<>();
        metadata.path("labels")
                .properties()
                .forEach(l -> labels.put(l.getKey(), l.getValue().asText()));
        String namespace = metadata.path("namespace").asText("");
        try {
            return new Manifest(
                    API_VERSION,
                    KIND,
                    new Manifest.Metadata(name, namespace.isEmpty() ? null : namespace, labels),
                    Json.MAPPER.treeToValue(spec, FineTuneJobSpec.class));
        } catch (JsonProcessingException e) {
            throw problem("spec", e.getOriginalMessage());
        }
    }

    private static List<Node> documents(String text) {
        LoaderOptions options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        options.setCodePointLimit(LARGEST);
        List<Node> documents = new ArrayList<>();
        try {
            new Yaml(new SafeConstructor(options))
                    .composeAll(new StringReader(text))
                    .forEach(documents::add);
        } catch (MarkedYAMLException e) {
            int line = e.getProblemMark() == null ? 1 : e.getProblemMark().getLine() + 1;
            throw problem("", "line " + line + " is not YAML: " + e.getProblem());
        } catch (YAMLException e) {
            throw problem("", "the file is not YAML: " + e.getMessage());
        }
        return documents;
    }

    private static Optional<String> scalar(Node document, String key) {
        if (!(document instanceof MappingNode mapping)) {
            return Optional.empty();
        }
        return mapping.getValue().stream()
                .filter(t ->
                        t.getKeyNode() instanceof ScalarNode k && k.getValue().equals(key))
                .map(NodeTuple::getValueNode)
                .filter(ScalarNode.class::isInstance)
                .map(v -> ((ScalarNode) v).getValue())
                .findFirst();
    }

    private static ManifestException problem(String path, String message) {
        return new ManifestException(List.of(new Problem(path, message)));
    }

    /** A whole document; metadata and status may hold what the API server keeps there. */
    private record Document(
            String apiVersion,
            String kind,
            JsonNode metadata,
            FineTuneJobSpec spec,
            @Nullable JsonNode status) {}
}
