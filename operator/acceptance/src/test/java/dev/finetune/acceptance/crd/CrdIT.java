package dev.finetune.acceptance.crd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.finetune.acceptance.Contended;
import dev.finetune.acceptance.LocalCluster;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/** The kinds as a real API server takes them: every valid file is accepted, every invalid one refused with its message. */
@ResourceLock(value = Contended.KINDS, mode = ResourceAccessMode.READ)
class CrdIT {
    @RegisterExtension
    static final LocalCluster CLUSTER = LocalCluster.controlPlane();

    private static final Path CASES = Path.of("../api/src/test/resources");
    private static final YAMLMapper YAML = new YAMLMapper();
    private static final AtomicInteger CASE = new AtomicInteger();
    private static String namespace = "";

    @BeforeAll
    static void applyTheKinds() {
        namespace = CLUSTER.newNamespace("crd");
        CLUSTER.kubectl("apply", "-k", "../../crds");
        Awaitility.await("the kinds are served")
                .ignoreExceptions()
                .until(() -> CLUSTER.kubectl("get", "ftj,mdep") != null);
    }

    @TestFactory
    Stream<DynamicTest> takesWhatIsValid() throws IOException {
        return cases("valid-")
                .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> submit(file)));
    }

    @TestFactory
    Stream<DynamicTest> refusesWhatIsInvalid() throws IOException {
        return cases("invalid-")
                .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> {
                    KubernetesClientException refused =
                            catchThrowableOfType(KubernetesClientException.class, () -> submit(file));

                    assertThat(refused).as("refused").isNotNull();
                    assertThat(refused.getStatus().getMessage())
                            .contains(
                                    YAML.readTree(file.toFile()).get("message").asText());
                }));
    }

    @Test
    void aScaleExistsWithoutReplicas() throws IOException {
        JsonNode manifest =
                YAML.readTree(CASES.resolve("valid-deployment-minimal.yaml").toFile());
        post(named(manifest, "scaled"));

        CLUSTER.kubectl("scale", "--namespace=" + namespace, "mdep/scaled", "--replicas=3");

        assertThat(CLUSTER.kubectl("get", "--namespace=" + namespace, "mdep/scaled", "-o", "jsonpath={.spec.replicas}"))
                .isEqualTo("3");
    }

    @Test
    void aNewObjectIsNotTakenForASettledOne() throws IOException {
        post(named(YAML.readTree(CASES.resolve("valid-job-minimal.yaml").toFile()), "fresh"));

        assertThat(CLUSTER.kubectl(
                        "get", "--namespace=" + namespace, "ftj/fresh", "-o", "jsonpath={.status.observedGeneration}"))
                .isEqualTo("-1");
    }

    @Test
    void kubectlExplainsSelectsAndShowsColumns() throws IOException {
        post(named(YAML.readTree(CASES.resolve("valid-job-minimal.yaml").toFile()), "shown"));

        assertThat(CLUSTER.kubectl("explain", "ftj.spec.dataset.checks.leakage"))
                .containsPattern("(?s)Ignore.*Warn.*Remove.*Fail")
                .contains("never from a given test");
        assertThat(CLUSTER.kubectl("explain", "mdep.spec.rollbackTo")).contains("status.history");
        assertThat(CLUSTER.kubectl(
                        "get",
                        "--namespace=" + namespace,
                        "ftj",
                        "--field-selector=spec.output.modelName=reviews",
                        "-o",
                        "name"))
                .contains("finetunejob.finetune.dev/shown");
        assertThat(CLUSTER.kubectl("get", "--namespace=" + namespace, "ftj", "-o", "wide"))
                .containsPattern(
                        "NAME +STATUS +PROGRESS +METRIC +BEFORE +AFTER +GATE +MODEL +VERSION +ETA +RESTARTS +AGE");
        assertThat(CLUSTER.kubectl("get", "--namespace=" + namespace, "finetune", "-o", "name"))
                .contains("finetunejob.finetune.dev/shown");
    }

    private static Stream<Path> cases(String prefix) throws IOException {
        try (Stream<Path> files = Files.list(CASES)) {
            return files.filter(f -> f.getFileName().toString().startsWith(prefix)).sorted().toList().stream();
        }
    }

    /** Creates the manifest, or its base and then the update of it, under a name of its own where the name is not the case. */
    private static void submit(Path file) throws IOException {
        JsonNode content = YAML.readTree(file.toFile());
        String own = "case-" + CASE.incrementAndGet();
        if (!content.has("base")) {
            post(named(content, own));
            return;
        }
        JsonNode base =
                named(YAML.readTree(CASES.resolve(content.get("base").asText()).toFile()), own);
        if (content.has("patch")) {
            post(merge(base, content.get("patch")));
            return;
        }
        JsonNode created = post(base);
        ObjectNode changed = (ObjectNode) merge(base, content.get("update"));
        ((ObjectNode) changed.get("metadata"))
                .put("resourceVersion", created.at("/metadata/resourceVersion").asText());
        send("PUT", path(changed) + "/" + own, changed);
    }

    private static JsonNode named(JsonNode manifest, String name) {
        ObjectNode named = manifest.deepCopy();
        ((ObjectNode) named.get("metadata")).put("name", name);
        return named;
    }

    private static JsonNode post(JsonNode manifest) throws IOException {
        return send("POST", path(manifest), manifest);
    }

    private static JsonNode send(String method, String path, JsonNode body) throws IOException {
        return YAML.readTree(CLUSTER.client().raw(path + "?fieldValidation=Strict", method, body));
    }

    private static String path(JsonNode object) {
        String plural = object.get("kind").asText().toLowerCase(java.util.Locale.ROOT) + "s";
        return "/apis/finetune.dev/v1alpha1/namespaces/" + namespace + "/" + plural;
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
