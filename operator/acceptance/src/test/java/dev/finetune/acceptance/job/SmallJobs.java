package dev.finetune.acceptance.job;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.finetune.acceptance.Installation;
import dev.finetune.acceptance.LocalCluster;
import dev.finetune.api.Json;
import dev.finetune.api.run.Progress;
import dev.finetune.api.run.Stage;
import dev.finetune.operator.desired.Labels;
import dev.finetune.operator.desired.Names;
import dev.finetune.operator.kube.FineTuneJob;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * Jobs that are real and short, in a namespace of their own: a cut of the first example's weights, a few hundred of its messages, some
 * 160 optimizer steps with a checkpoint every second. All are the same training, so all have to end alike, whatever is done to them.
 */
final class SmallJobs {
    /** Examples of an optimizer step. */
    static final int BATCH = 4;

    /** What the end of a job may take on a busy machine. */
    static final Duration LONG = Duration.ofMinutes(8);

    private static final int TRAIN_LINES = 240;
    private static final int TEST_LINES = 150;
    private static final String DATA = "messages";

    private static @Nullable End undisturbed;

    final KubernetesClient client;
    final String namespace;

    private final LocalCluster cluster;
    private final Map<String, Path> volumes = new ConcurrentHashMap<>();

    /**
     * What is left of a job that ended.
     *
     * @param status of the FineTuneJob
     * @param training what train wrote about itself
     * @param manifest of the published model
     */
    record End(String name, JsonNode status, JsonNode training, JsonNode manifest) {
        /** The digest of the trained model's files. */
        String candidate() {
            return status.at("/resolved/candidateDigest").asText();
        }

        /** The digests of the published files, but for those that tell times and the job's name. */
        JsonNode publishedFiles() {
            ObjectNode files = manifest.path("files").deepCopy();
            files.remove(List.of("report.html", "README.md"));
            return files;
        }

        /** The status as it has to be whatever happened on the way: without times and names, and what is made of them. */
        JsonNode settled() {
            // The report among the published files tells how long training took, and with it the digest of them all.
            String published = hex(status.at("/model/digest").asText());
            ObjectNode settled = (ObjectNode) json(Json.write(status)
                    .replace(name, "job")
                    .replace(published, "published")
                    .replace(status.at("/model/version").asText(), "version"));
            settled.remove(List.of("startTime", "completionTime", "usage", "progress"));
            settled.path("conditions").forEach(c -> ((ObjectNode) c).remove("lastTransitionTime"));
            ((ObjectNode) settled.path("model")).remove("sizeBytes");
            // Counts the jobs of the namespace so far.
            ((ObjectNode) settled.path("dataset")).remove("testUses");
            return settled;
        }
    }

    private SmallJobs(LocalCluster cluster) {
        this.cluster = cluster;
        this.client = cluster.client();
        this.namespace = cluster.newNamespace("small");
    }

    /** The product, and a namespace with everything that the jobs need. */
    static SmallJobs in(LocalCluster cluster) {
        Installation.require(cluster);
        SmallJobs jobs = new SmallJobs(cluster);
        Path example = Installation.example();
        cluster.kubectl(
                "--namespace=" + jobs.namespace,
                "apply",
                "-f",
                example.resolve("claims.yaml").toString());
        Installation.upload(cluster, smallModel(cluster), "models/base/small", jobs.namespace);
        jobs.data(
                DATA,
                lines(example.resolve("data/train.tsv"), TRAIN_LINES),
                lines(example.resolve("data/test.tsv"), TEST_LINES));
        return jobs;
    }

    private static Path smallModel(LocalCluster cluster) {
        synchronized (SmallJobs.class) {
            try {
                return SmallModel.cut(
                        Installation.example().resolve("data/minilm"),
                        cluster.checkout().resolve("operator/acceptance/target/small-model"));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** A ConfigMap with a training and a test file. */
    void data(String name, String train, String test) {
        client.resource(new ConfigMapBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .withNamespace(namespace)
                        .endMetadata()
                        .addToData("train.tsv", train)
                        .addToData("test.tsv", test)
                        .build())
                .create();
    }

    /** The first lines of a file of the example. */
    String lines(String file, int count) {
        return lines(cluster.checkout().resolve("examples/01-sms-spam/data").resolve(file), count);
    }

    private static String lines(Path file, int count) {
        try {
            return Files.readAllLines(file).stream().limit(count).collect(Collectors.joining("\n", "", "\n"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String manifest(String name) {
        return """
                apiVersion: finetune.dev/v1alpha1
                kind: FineTuneJob
                metadata: {name: %s}
                spec:
                  task: TextClassification
                  model: {storageUri: "pvc://models/base/small"}
                  dataset:
                    format: TSV
                    csv: {quote: None, header: false}
                    columns: {label: "0", text: "1"}
                    train: {storageUri: "configmap://%s/train.tsv"}
                    validation: {fraction: "0.1"}
                    test: {storageUri: "configmap://%2$s/test.tsv"}
                    preprocessing: {text: {maxLength: 24}}
                  training:
                    hyperparameters: {epochs: 3, batchSize: %d, learningRate: "2e-4", seed: 7}
                    checkpoint: {intervalSeconds: 1}
                  evaluation:
                    baselines: [LinearProbe]
                    gate: {minTestExamples: 100, minClassExamples: 5, rules: [{name: learnt, metric: f1Macro, min: "0.5"}]}
                  output: {modelName: small}
                  podTemplate: {resources: {requests: {cpu: 250m, memory: 1Gi}, limits: {cpu: 1, memory: 3Gi}}}
                """.formatted(name, DATA, BATCH);
    }

    void submit(String name) {
        submit(name, m -> m);
    }

    void submit(String name, UnaryOperator<String> change) {
        client.resources(FineTuneJob.class)
                .inNamespace(namespace)
                .load(new ByteArrayInputStream(change.apply(manifest(name)).getBytes(StandardCharsets.UTF_8)))
                .create();
    }

    /** The end of such a job to which nothing happened; made once for all classes of a run. */
    End undisturbed() {
        synchronized (SmallJobs.class) {
            End known = undisturbed;
            if (known == null) {
                submit("undisturbed");
                known = complete("undisturbed");
                undisturbed = known;
            }
            return known;
        }
    }

    /** Waits until the job is complete. */
    End complete(String name) {
        JsonNode status = Awaitility.await(name + " ends")
                .atMost(LONG)
                .pollInterval(Duration.ofMillis(250))
                .until(
                        () -> status(name),
                        s -> condition(s, "Complete").equals("True")
                                || condition(s, "Failed").equals("True"));
        if (!condition(status, "Complete").equals("True")) {
            throw new AssertionError(
                    name + " failed:\n" + cluster.kubectl("--namespace=" + namespace, "describe", "ftj", name));
        }
        return new End(
                name,
                status,
                json(read(run(name).resolve("candidate/training.json"))),
                json(read(volume("models")
                        .resolve("small")
                        .resolve(hex(status.at("/model/digest").asText()))
                        .resolve("manifest.json"))));
    }

    JsonNode status(String name) {
        FineTuneJob job = client.resources(FineTuneJob.class)
                .inNamespace(namespace)
                .withName(name)
                .get();
        return job == null || job.getStatus() == null
                ? Json.MAPPER.createObjectNode()
                : Json.MAPPER.valueToTree(job.getStatus());
    }

    /** The status of a condition; empty where there is none. */
    static String condition(JsonNode status, String type) {
        for (JsonNode condition : status.path("conditions")) {
            if (condition.path("type").asText().equals(type)) {
                return condition.path("status").asText();
            }
        }
        return "";
    }

    /** The pods of a stage, oldest first. */
    List<Pod> pods(String name, Stage stage) {
        return client
                .pods()
                .inNamespace(namespace)
                .withLabel(Labels.JOB, name)
                .withLabel(Labels.STAGE, stage.name())
                .list()
                .getItems()
                .stream()
                .sorted(Comparator.comparing((Pod p) -> p.getMetadata().getCreationTimestamp())
                        .thenComparing(p -> p.getMetadata().getName()))
                .toList();
    }

    /** Waits for a running pod of that stage that is none of those known. */
    Pod awaitRunning(String name, Stage stage, Set<String> known) {
        return Awaitility.await("a pod of " + name + " " + stage + " runs")
                .atMost(LONG)
                .pollInterval(Duration.ofMillis(100))
                .until(
                        () -> pods(name, stage).stream()
                                .filter(p -> !known.contains(p.getMetadata().getName()))
                                .filter(p -> p.getStatus() != null
                                        && "Running".equals(p.getStatus().getPhase()))
                                .findFirst(),
                        Optional::isPresent)
                .orElseThrow();
    }

    /** The pod as it is now; null where it is gone. */
    @Nullable
    Pod pod(String name) {
        return client.pods().inNamespace(namespace).withName(name).get();
    }

    String log(String pod) {
        return Objects.requireNonNullElse(
                client.pods().inNamespace(namespace).withName(pod).getLog(), "");
    }

    /** The step before the first that this pod took: where it went on. Empty before it took one. */
    Optional<Long> wentOnFrom(String pod) {
        return log(pod).lines()
                .filter(l -> l.startsWith(Progress.PREFIX))
                .findFirst()
                .map(l ->
                        json(l.substring(Progress.PREFIX.length())).path("step").asLong() - 1);
    }

    /** The folder of a job's training in its workspace, as the machine sees it. */
    Path run(String name) {
        return volume(Names.workspace(name)).resolve("run");
    }

    /** The folder behind a claim. */
    Path volume(String claim) {
        // A claim never changes its volume, and tests look into one fifty times a second.
        return volumes.computeIfAbsent(claim, this::findVolume);
    }

    private Path findVolume(String claim) {
        String volume = client.persistentVolumeClaims()
                .inNamespace(namespace)
                .withName(claim)
                .get()
                .getSpec()
                .getVolumeName();
        return Path.of(client.persistentVolumes()
                .withName(volume)
                .get()
                .getSpec()
                .getLocal()
                .getPath());
    }

    private static String hex(String digest) {
        return digest.substring(digest.indexOf(':') + 1);
    }

    static JsonNode json(String text) {
        try {
            return Json.MAPPER.readTree(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
