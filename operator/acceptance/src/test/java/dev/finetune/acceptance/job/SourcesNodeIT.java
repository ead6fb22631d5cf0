package dev.finetune.acceptance.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import dev.finetune.acceptance.Contended;
import dev.finetune.acceptance.Eventually;
import dev.finetune.acceptance.Installation;
import dev.finetune.acceptance.LocalCluster;
import dev.finetune.api.Json;
import dev.finetune.api.PublishedModel;
import dev.finetune.api.ReadSource;
import dev.finetune.api.run.PodPaths;
import dev.finetune.api.run.Stage;
import dev.finetune.operator.desired.Labels;
import dev.finetune.operator.kube.FineTuneJob;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * What jobs on a real node get from a hub, an object store and a registry that want a login and whose authority only a Secret names, what they keep for each
 * other, and whether what they publish can be mounted. One job goes to its end, the others as far as their data.
 */
@Order(3)
@ResourceLock(value = Contended.OPERATOR, mode = ResourceAccessMode.READ)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class SourcesNodeIT {
    @RegisterExtension
    static final LocalCluster CLUSTER = LocalCluster.node();

    private static final Duration SLOW = Duration.ofMinutes(3);
    private static final String WEIGHTS = "model.safetensors";
    private static final String HUB = "hf://" + ModelHub.REPOSITORY;

    @TempDir
    static Path scratch;

    private static ModelHub hub;
    private static Neighbour objects;
    private static Neighbour registry;
    private static Stagehand stage;

    @BeforeAll
    static void startServersAndTheFirstJob() throws Exception {
        Installation.require(CLUSTER);
        SelfSigned tls = SelfSigned.beside(nodeAddress(), scratch);
        Path model = Files.createDirectories(scratch.resolve("model"));
        TinyModel.writeLarge(model);
        hub = ModelHub.of(model, tls);
        Path bucket = Files.createDirectories(scratch.resolve("buckets/films"));
        for (Map.Entry<String, byte[]> file : BadInput.goodFiles().entrySet()) {
            Files.write(bucket.resolve(file.getKey()), file.getValue());
        }
        objects = Neighbour.objectStore(CLUSTER, tls, bucket.getParent(), scratch);
        registry = Neighbour.registry(CLUSTER, tls, scratch);
        letTheNodeTrustTheRegistry(tls.certificate());

        stage = new Stagehand(CLUSTER.client(), CLUSTER.newNamespace("sources"));
        CLUSTER.newClaim(stage.namespace, Installation.CACHE_CLAIM);
        secrets(tls.certificate());
        submit(stage, "first", HUB, "hub");
    }

    @AfterAll
    static void stop() {
        for (AutoCloseable server : new AutoCloseable[] {hub, objects, registry}) {
            if (server != null) {
                try {
                    server.close();
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            }
        }
    }

    @Test
    @Order(1)
    void theSecondJobTakesTheModelFromTheCache() {
        FineTuneJob first = until(stage, "first", "DataValidated");
        assertThat(hub.asked("GET", WEIGHTS)).isEqualTo(1);
        assertThat(hub.asked("HEAD", WEIGHTS)).isZero();

        submit(stage, "second", HUB, "hub");
        FineTuneJob second = until(stage, "second", "DataValidated");

        // It was asked whether this job may have it, and sent nothing.
        assertThat(hub.asked("GET", WEIGHTS)).isEqualTo(1);
        assertThat(hub.asked("HEAD", WEIGHTS)).isEqualTo(1);
        assertThat(second.getStatus().resolved().modelDigest())
                .isEqualTo(first.getStatus().resolved().modelDigest());
        // From the object store.
        assertThat(second.getStatus().resolved().sources())
                .filteredOn(s -> s.field().startsWith("spec.dataset"))
                .extracting(ReadSource::digest)
                .containsExactlyInAnyOrderElementsOf(
                        BadInput.goodFiles().values().stream().map(Json::digest).toList());
        CLUSTER.kubectl("delete", "ftj", "second", "-n", stage.namespace, "--wait=false");
    }

    @Test
    @Order(2)
    void aMissingCacheIsNamedAtOnceWithTheProfileThatWantsIt() {
        Stagehand elsewhere = new Stagehand(CLUSTER.client(), CLUSTER.newNamespace("no-cache"));
        submit(elsewhere, "lonely", HUB, "hub");

        Eventually.eventually(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(elsewhere
                                .condition("lonely", "Ready")
                                .orElseThrow()
                                .message())
                        .isEqualTo(
                                "StorageUnavailable: the claim %s, in which profile %s keeps what jobs download, does not exist in this namespace: create it, or name a profile without a cache",
                                Installation.CACHE_CLAIM, Installation.CACHED_PROFILE));
        CLUSTER.kubectl("delete", "ftj", "lonely", "-n", elsewhere.namespace, "--wait=false");
    }

    @Test
    @Order(3)
    void aPublishedModelIsAVolumeOfAPod() throws Exception {
        PublishedModel model = until(stage, "first", "Complete").getStatus().model();
        submit(stage, "third", model.storageUri(), "registry");
        CLUSTER.client()
                .load(new ByteArrayInputStream(reader(model).getBytes(StandardCharsets.UTF_8)))
                .inNamespace(stage.namespace)
                .create();

        String log = Eventually.eventually(SLOW)
                .alias("the pod reads what it mounts")
                .until(
                        () -> {
                            Pod pod = CLUSTER.client()
                                    .pods()
                                    .inNamespace(stage.namespace)
                                    .withName("reader")
                                    .get();
                            return pod.getStatus().getPhase().equals("Succeeded")
                                    ? CLUSTER.kubectl("logs", "reader", "-n", stage.namespace)
                                    : "";
                        },
                        text -> !text.isEmpty());

        JsonNode manifest = Json.MAPPER.readTree(log.substring(log.indexOf('{')));
        assertThat(manifest.path("digest").asText()).isEqualTo(model.digest());
        Map<String, String> mounted = new TreeMap<>();
        log.substring(0, log.indexOf('{')).lines().forEach(line -> {
            String[] sum = line.split(" +");
            mounted.put(sum[1], "sha256:" + sum[0]);
        });
        assertThat(mounted.remove("manifest.json")).isNotNull();
        assertThat(mounted)
                .containsKey(WEIGHTS)
                .isEqualTo(
                        Json.MAPPER.convertValue(manifest.path("files"), new TypeReference<Map<String, String>>() {}));
    }

    @Test
    @Order(4)
    void aPublishedModelIsTheBaseOfTheNextJob() {
        FineTuneJob third = until(stage, "third", "DataValidated");

        String published = stage.job("first").getStatus().model().storageUri();
        assertThat(published).endsWith("@" + third.getStatus().resolved().modelRevision());
        CLUSTER.kubectl("delete", "ftj", "third", "-n", stage.namespace, "--wait=false");
    }

    @Test
    @Order(5)
    void onlyPrepareHadTheCacheAndOnlyWhoNeedsThemHadSecrets() {
        Map<String, Set<String>> claims = new HashMap<>();
        Map<String, Set<String>> secrets = new HashMap<>();
        List<Pod> pods = CLUSTER.client()
                .pods()
                .inNamespace(stage.namespace)
                .withLabel(Labels.JOB, "first")
                .list()
                .getItems();
        for (Pod pod : pods) {
            String name = pod.getMetadata().getLabels().get(Labels.STAGE);
            claims.put(
                    name,
                    pod.getSpec().getVolumes().stream()
                            .filter(v -> v.getPersistentVolumeClaim() != null)
                            .map(v -> v.getPersistentVolumeClaim().getClaimName())
                            .collect(Collectors.toSet()));
            secrets.put(
                    name,
                    pod.getSpec().getVolumes().stream()
                            .filter(v -> v.getSecret() != null)
                            .map(v -> v.getSecret().getSecretName())
                            .collect(Collectors.toSet()));
        }

        String workspace = "first-workspace";
        assertThat(claims)
                .isEqualTo(Map.of(
                        Stage.prepare.name(),
                        Set.of(workspace, Installation.CACHE_CLAIM),
                        Stage.train.name(),
                        Set.of(workspace),
                        Stage.evaluate.name(),
                        Set.of(workspace)));
        assertThat(secrets)
                .isEqualTo(Map.of(
                        Stage.prepare.name(),
                        Set.of("hub", "s3"),
                        Stage.train.name(),
                        Set.of(),
                        Stage.evaluate.name(),
                        Set.of("registry")));
        assertThat(pods)
                .allSatisfy(pod -> assertThat(
                                pod.getSpec().getContainers().getFirst().getVolumeMounts())
                        .filteredOn(m -> m.getMountPath().equals(PodPaths.CACHE))
                        .hasSize(pod.getMetadata().getLabels().get(Labels.STAGE).equals(Stage.prepare.name()) ? 1 : 0));
    }

    /** Waits for that condition, or for the end of the job by which it does not come. */
    private static FineTuneJob until(Stagehand in, String name, String condition) {
        Awaitility.await(name + " " + condition)
                .atMost(SLOW)
                .pollInterval(Duration.ofMillis(200))
                .until(() -> is(in, name, condition) || is(in, name, "Failed"));
        assertThat(is(in, name, condition))
                .as(() -> CLUSTER.kubectl("describe", "ftj", name, "-n", in.namespace))
                .isTrue();
        return in.job(name);
    }

    private static boolean is(Stagehand in, String name, String condition) {
        return in.condition(name, condition)
                .filter(c -> c.status().equals("True"))
                .isPresent();
    }

    /** Data from the object store, what comes of it into the registry. */
    private static void submit(Stagehand in, String name, String model, String secret) {
        in.client
                .resources(FineTuneJob.class)
                .inNamespace(in.namespace)
                .load(new ByteArrayInputStream(
                        """
                        apiVersion: finetune.dev/v1alpha1
                        kind: FineTuneJob
                        metadata: {name: %s}
                        spec:
                          task: TextClassification
                          profile: %s
                          model: {storageUri: "%s", secretRef: {name: %s}}
                          dataset:
                            format: CSV
                            columns: {text: text, label: label}
                            train: {storageUri: "s3://films/train.csv", secretRef: {name: s3}}
                            validation: {fraction: "0.2"}
                            test: {storageUri: "s3://films/test.csv", secretRef: {name: s3}}
                          training: {hyperparameters: {epochs: 1, batchSize: 8, learningRate: "1e-2"}}
                          evaluation:
                            baselines: [MajorityClass]
                            gate: {minTestExamples: 10, rules: [{name: judged, metric: accuracy, min: "0"}]}
                          output: {modelName: films, storageUri: "oci://%s/team", secretRef: {name: registry}}
                          podTemplate: {resources: {requests: {cpu: 250m, memory: 1Gi}, limits: {memory: 2Gi}}}
                        """.formatted(name, Installation.CACHED_PROFILE, model, secret, registry.address())
                                .getBytes(StandardCharsets.UTF_8)))
                .create();
    }

    /** A pod as restricted as the namespace wants it that mounts the model alone, without anything of ours. */
    private static String reader(PublishedModel model) {
        return """
                apiVersion: v1
                kind: Pod
                metadata: {name: reader}
                spec:
                  restartPolicy: Never
                  automountServiceAccountToken: false
                  imagePullSecrets: [{name: registry}]
                  securityContext: {runAsNonRoot: true, runAsUser: 10001, seccompProfile: {type: RuntimeDefault}}
                  containers:
                  - name: reader
                    image: localhost/toolbox:1
                    imagePullPolicy: Never
                    command: [sh, -c, "cd /mnt/models && sha256sum * && cat manifest.json"]
                    securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
                    volumeMounts: [{name: model, mountPath: /mnt/models, subPath: models, readOnly: true}]
                  volumes:
                  - name: model
                    image: {reference: "%s"}
                """.formatted(model.storageUri().substring("oci://".length()));
    }

    private static void secrets(String certificate) {
        secret(
                "hub",
                "Opaque",
                Map.of("HF_ENDPOINT", hub.endpoint(), "HF_TOKEN", ModelHub.TOKEN, "ca.crt", certificate));
        secret(
                "s3",
                "Opaque",
                Map.of(
                        "AWS_ACCESS_KEY_ID",
                        Neighbour.USER,
                        "AWS_SECRET_ACCESS_KEY",
                        Neighbour.PASSWORD,
                        "AWS_ENDPOINT_URL",
                        "https://" + objects.address(),
                        "ca.crt",
                        certificate));
        String login = Base64.getEncoder()
                .encodeToString((Neighbour.USER + ":" + Neighbour.PASSWORD).getBytes(StandardCharsets.UTF_8));
        secret(
                "registry",
                "kubernetes.io/dockerconfigjson",
                Map.of(
                        ".dockerconfigjson",
                        Json.write(Map.of("auths", Map.of(registry.address(), Map.of("auth", login)))),
                        "ca.crt",
                        certificate));
    }

    private static void secret(String name, String type, Map<String, String> content) {
        CLUSTER.client()
                .resource(new SecretBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .withNamespace(stage.namespace)
                        .endMetadata()
                        .withType(type)
                        .withStringData(content)
                        .build())
                .create();
    }

    /** As a platform team lets containerd trust a registry of its own; see the cluster's README. */
    private static void letTheNodeTrustTheRegistry(String certificate) throws Exception {
        Path folder = Files.createDirectories(
                CLUSTER.kubeconfigFile().resolveSibling("registries").resolve(registry.address()));
        Files.writeString(folder.resolve("ca.pem"), certificate);
        Files.writeString(
                folder.resolve("hosts.toml"), "[host.\"https://%s\"]\nca = \"ca.pem\"\n".formatted(registry.address()));
    }

    private static String nodeAddress() {
        return CLUSTER.client().nodes().list().getItems().getFirst().getStatus().getAddresses().stream()
                .filter(a -> a.getType().equals("InternalIP"))
                .findFirst()
                .orElseThrow()
                .getAddress();
    }
}
