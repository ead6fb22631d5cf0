package dev.finetune.acceptance.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.acceptance.Contended;
import dev.finetune.acceptance.Eventually;
import dev.finetune.acceptance.LocalCluster;
import dev.finetune.acceptance.OperatorUnderTest;
import dev.finetune.api.Condition;
import dev.finetune.operator.kube.FineTuneJob;
import dev.finetune.operator.kube.LenientClient;
import dev.finetune.operator.kube.ModelDeployment;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import java.time.Duration;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/** The operator with the chart's rights against a real API server; the tests play the Deployment controller. */
@ResourceLock(value = Contended.KINDS, mode = ResourceAccessMode.READ)
class ModelDeploymentIT {
    @RegisterExtension
    static final LocalCluster CLUSTER = LocalCluster.controlPlane();

    private static final String CONFIG = """
            image: registry.example/finetune-trainer:1
            defaultProfile: cpu-small
            store: {claimName: models}
            profiles:
              cpu-small:
                workspace: {size: 1Gi}
                resources: {server: {requests: {cpu: "0.25", memory: 1024Mi}, limits: {memory: 2Gi}}}
            """;

    private static String namespace = "";
    private static OperatorUnderTest operator;

    @BeforeAll
    static void start() {
        namespace = CLUSTER.newNamespace("deployment");
        operator = OperatorUnderTest.start(CLUSTER, namespace, CONFIG);
    }

    @AfterAll
    static void stop() {
        if (operator != null) {
            operator.close();
        }
    }

    @Test
    void servesFollowsAndGoesBack() {
        publish("follow", "follow-v1", 1, "2026-11-25T10:00:00Z");
        create("follow", "model: {type: Follow, follow: {modelName: follow}}");
        becomesReady("follow", 1, 1);
        eventually().untilAsserted(() -> {
            assertThat(condition("follow", "Ready").status()).isEqualTo("True");
            assertThat(mdep("follow").getStatus().stable().job()).isEqualTo("follow-v1");
        });

        publish("follow", "follow-v2", 2, "2026-11-25T11:00:00Z");
        eventually().until(() -> deployment("follow", 2).isPresent());
        assertThat(selected("follow")).isEqualTo("1".repeat(16));
        becomesReady("follow", 2, 1);
        eventually().untilAsserted(() -> assertThat(selected("follow")).isEqualTo("2".repeat(16)));
        assertThat(replicas("follow", 1)).isEqualTo(1);
        eventually().untilAsserted(() -> assertThat(replicas("follow", 1)).isZero());

        edit("follow", "rollbackTo", "\"sha256:" + "1".repeat(64) + "\"");
        eventually().untilAsserted(() -> assertThat(replicas("follow", 1)).isEqualTo(1));
        becomesReady("follow", 1, 1);
        eventually().untilAsserted(() -> {
            assertThat(selected("follow")).isEqualTo("1".repeat(16));
            assertThat(condition("follow", "RolledBack").status()).isEqualTo("True");
        });
        assertThat(CLUSTER.kubectl("get", "--namespace=" + namespace, "mdep/follow"))
                .containsPattern("follow +True +follow +1{12} +100 +http://follow\\." + namespace + "\\.svc");
    }

    @Test
    void aScaleReachesTheServersThoughGitNamesNoReplicas() {
        publish("scale", "scale-v1", 1, "2026-11-25T10:00:00Z");
        create("scale", "model: {type: Follow, follow: {modelName: scale}}");
        becomesReady("scale", 1, 1);
        eventually().until(() -> mdep("scale").getStatus().stable() != null);

        CLUSTER.kubectl("scale", "--namespace=" + namespace, "mdep/scale", "--replicas=3");

        eventually().untilAsserted(() -> assertThat(replicas("scale", 1)).isEqualTo(3));
        becomesReady("scale", 1, 3);
        eventually()
                .untilAsserted(() -> assertThat(CLUSTER.kubectl(
                                "get",
                                "--namespace=" + namespace,
                                "--raw",
                                "/apis/finetune.dev/v1alpha1/namespaces/" + namespace
                                        + "/modeldeployments/scale/scale"))
                        .contains("\"replicas\":3")
                        .contains("\"selector\":\"finetune.dev/deployment=scale\""));
    }

    @Test
    void aUsersServiceOfTheSameNameIsNeverTaken() {
        Service theirs = CLUSTER.client()
                .resource(new ServiceBuilder()
                        .withNewMetadata()
                        .withName("taken")
                        .withNamespace(namespace)
                        .endMetadata()
                        .withNewSpec()
                        .addToSelector("app", "theirs")
                        .addNewPort()
                        .withPort(80)
                        .endPort()
                        .endSpec()
                        .build())
                .create();
        publish("taken", "taken-v1", 1, "2026-11-25T10:00:00Z");
        create("taken", "model: {type: Follow, follow: {modelName: taken}}");

        eventually().untilAsserted(() -> {
            assertThat(condition("taken", "Stalled").reason()).isEqualTo("NameConflict");
            assertThat(condition("taken", "Ready").message()).contains("Service taken exists and is not ours");
        });
        mdepClient("taken").delete();
        assertThat(CLUSTER.client().resource(theirs).get()).isEqualTo(theirs);
        assertThat(deployment("taken", 1)).isEmpty();
    }

    @Test
    void aSettledDeploymentIsNotWritten() {
        publish("settled", "settled-v1", 1, "2026-11-25T10:00:00Z");
        create("settled", "model: {type: Follow, follow: {modelName: settled}}");
        becomesReady("settled", 1, 1);
        eventually().untilAsserted(() -> {
            assertThat(condition("settled", "Ready").status()).isEqualTo("True");
            assertThat(condition("settled", "Reconciling").status()).isEqualTo("False");
        });
        String before = versions("settled");

        for (int i = 0; i < 5; i++) {
            CLUSTER.kubectl(
                    "annotate",
                    "--namespace=" + namespace,
                    "ftj/settled-v1",
                    "example.com/touched=" + i,
                    "--overwrite");
        }

        Awaitility.await()
                .during(Duration.ofSeconds(3))
                .atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(versions("settled")).isEqualTo(before));
    }

    @Test
    void whatTheApiServerRefusesIsToldOnce() {
        publish("refused", "refused-v1", 1, "2026-11-25T10:00:00Z");
        create(
                "refused",
                "model: {type: Follow, follow: {modelName: refused}}\n  podTemplate: {labels: {team: \"no label value\"}}");

        eventually().untilAsserted(() -> {
            assertThat(condition("refused", "Stalled").reason()).isEqualTo("PolicyRefused");
            assertThat(condition("refused", "Ready").message()).contains("no label value");
        });
    }

    private static ConditionFactory eventually() {
        return Eventually.eventually(Duration.ofSeconds(60));
    }

    private static void create(String name, String spec) {
        apply("apiVersion: finetune.dev/v1alpha1\nkind: ModelDeployment\nmetadata: {name: " + name + "}\nspec:\n  "
                + spec + "\n");
    }

    private static void edit(String name, String field, String json) {
        CLUSTER.kubectl(
                "patch",
                "--namespace=" + namespace,
                "mdep/" + name,
                "--type=merge",
                "--patch={\"spec\":{\"" + field + "\":" + json + "}}");
    }

    /** A job that published digest {@code digit} and passed its gate; suspended, so that its own reconciler leaves it alone. */
    private static void publish(String modelName, String job, int digit, String at) {
        String digest = Integer.toString(digit).repeat(64);
        apply("""
                apiVersion: finetune.dev/v1alpha1
                kind: FineTuneJob
                metadata: {name: %s}
                spec:
                  task: TextClassification
                  suspend: true
                  model: {storageUri: "pvc://models/base"}
                  dataset:
                    format: CSV
                    columns: {text: a, label: b}
                    train: {storageUri: "pvc://data/train.csv"}
                    validation: {fraction: "0.1"}
                    test: {fraction: "0.1"}
                  output: {modelName: %s}
                """.formatted(job, modelName));
        CLUSTER.kubectl(
                "patch",
                "--namespace=" + namespace,
                "ftj/" + job,
                "--subresource=status",
                "--type=merge",
                "--patch=" + """
                {"status": {"observedGeneration": 1,
                 "conditions": [
                  {"type": "Complete", "status": "True", "reason": "Complete", "message": "", "lastTransitionTime": "%1$s"},
                  {"type": "Published", "status": "True", "reason": "Succeeded", "message": "", "lastTransitionTime": "%1$s"},
                  {"type": "GatePassed", "status": "True", "reason": "Succeeded", "message": "", "lastTransitionTime": "%1$s"}],
                 "model": {"name": "%2$s", "digest": "sha256:%3$s", "storageUri": "pvc://models/%2$s/%3$s"}}}
                """.formatted(at, modelName, digest));
    }

    private static void apply(String yaml) {
        Class<? extends HasMetadata> type =
                yaml.contains("kind: FineTuneJob") ? FineTuneJob.class : ModelDeployment.class;
        HasMetadata object = LenientClient.serialization().unmarshal(yaml, type);
        CLUSTER.client().resource(object).inNamespace(namespace).create();
    }

    /** Plays the Deployment controller once the Deployment asks for that many. */
    private static void becomesReady(String name, int digit, int count) {
        eventually()
                .until(() -> deployment(name, digit)
                        .filter(d -> d.getSpec().getReplicas() == count)
                        .isPresent());
        CLUSTER.client()
                .resource(deployment(name, digit).orElseThrow())
                .editStatus(d -> new DeploymentBuilder(d)
                        .withNewStatus()
                        .withObservedGeneration(d.getMetadata().getGeneration())
                        .withReplicas(count)
                        .withUpdatedReplicas(count)
                        .withReadyReplicas(count)
                        .withAvailableReplicas(count)
                        .endStatus()
                        .build());
    }

    private static Optional<Deployment> deployment(String name, int digit) {
        return Optional.ofNullable(CLUSTER.client()
                .apps()
                .deployments()
                .inNamespace(namespace)
                .withName(name + "-" + Integer.toString(digit).repeat(12))
                .get());
    }

    private static int replicas(String name, int digit) {
        return deployment(name, digit).orElseThrow().getSpec().getReplicas();
    }

    private static String selected(String name) {
        return CLUSTER.client()
                .services()
                .inNamespace(namespace)
                .withName(name)
                .get()
                .getSpec()
                .getSelector()
                .get("finetune.dev/digest");
    }

    private static String versions(String name) {
        return mdep(name).getMetadata().getResourceVersion()
                + " "
                + deployment(name, 1).orElseThrow().getMetadata().getResourceVersion()
                + " "
                + CLUSTER.client()
                        .services()
                        .inNamespace(namespace)
                        .withName(name)
                        .get()
                        .getMetadata()
                        .getResourceVersion();
    }

    private static io.fabric8.kubernetes.client.dsl.Resource<ModelDeployment> mdepClient(String name) {
        return CLUSTER.client()
                .resources(ModelDeployment.class)
                .inNamespace(namespace)
                .withName(name);
    }

    private static ModelDeployment mdep(String name) {
        return mdepClient(name).get();
    }

    private static Condition condition(String name, String type) {
        return mdep(name).getStatus().conditions().stream()
                .filter(c -> c.type().equals(type))
                .findFirst()
                .orElseThrow();
    }
}
