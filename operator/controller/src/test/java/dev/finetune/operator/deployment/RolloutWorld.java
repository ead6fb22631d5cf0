package dev.finetune.operator.deployment;

import dev.finetune.api.Condition;
import dev.finetune.api.ModelDeploymentStatus;
import dev.finetune.api.ModelVersion;
import dev.finetune.operator.OperatorConfig;
import dev.finetune.operator.desired.Announcement;
import dev.finetune.operator.desired.Conditions;
import dev.finetune.operator.desired.Decision;
import dev.finetune.operator.desired.Labels;
import dev.finetune.operator.desired.ServerDeployment;
import dev.finetune.operator.desired.ServerRequest;
import dev.finetune.operator.desired.Times;
import dev.finetune.operator.kube.LenientClient;
import dev.finetune.operator.kube.ModelDeployment;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentStatusBuilder;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A namespace in memory: it carries decisions out one write at a time, and lets servers come up or break as told. */
final class RolloutWorld {
    static final Instant START = Instant.parse("2026-11-25T10:00:00Z");

    private static final String CONFIG = """
            image: registry.example/finetune-trainer:1
            defaultProfile: cpu-small
            store: {claimName: models}
            profiles:
              cpu-small:
                workspace: {size: 5Gi}
                resources: {server: {requests: {cpu: 250m, memory: 1024Mi}, limits: {memory: 2Gi}}}
                serviceAccounts: [server]
            """;

    private static final String FOLLOW = """
            apiVersion: finetune.dev/v1alpha1
            kind: ModelDeployment
            metadata: {name: reviews, namespace: team, uid: uid-d, generation: 1, resourceVersion: "1"}
            spec:
              model: {type: Follow, follow: {modelName: reviews}}
              replicas: 2
            """;

    Instant now = START;
    OperatorConfig config = OperatorConfig.parse("config.yaml", CONFIG, Map.of());
    ModelDeployment primary = LenientClient.serialization().unmarshal(FOLLOW, ModelDeployment.class);
    final Map<String, JobView> jobs = new TreeMap<>();
    final Map<String, Deployment> deployments = new TreeMap<>();
    final Map<String, Pod> pods = new TreeMap<>();
    final List<String> foreign = new ArrayList<>();
    final List<Announcement> events = new ArrayList<>();

    @Nullable
    Service service;

    int writes;
    /** Digests whose servers do not come up. */
    final Set<String> stuck = new HashSet<>();

    /** A digest of its own for each number; below 16 it is one digit repeated. */
    static String digest(int i) {
        return "sha256:"
                + (i < 16
                        ? Integer.toHexString(i).repeat(64)
                        : "f%03x".formatted(i).repeat(16));
    }

    /** A world with that configuration and that ModelDeployment. */
    static RolloutWorld of(String config, String deployment) {
        RolloutWorld world = new RolloutWorld();
        world.config = OperatorConfig.parse("config.yaml", config, Map.of());
        world.primary = LenientClient.serialization().unmarshal(deployment, ModelDeployment.class);
        return world;
    }

    RolloutWorld spec(String yaml) {
        String[] head = FOLLOW.split("spec:\n", -1);
        long generation = Objects.requireNonNullElse(primary.getMetadata().getGeneration(), 0L) + 1;
        ModelDeployment changed = LenientClient.serialization()
                .unmarshal(
                        head[0].replace("generation: 1", "generation: " + generation) + "spec:\n" + yaml.indent(2),
                        ModelDeployment.class);
        changed.setStatus(primary.getStatus());
        primary = changed;
        return this;
    }

    /** A job that published a model and passed its gate at that second. */
    RolloutWorld published(String job, int digit, int second) {
        return published(job, digit, second, Optional.empty());
    }

    RolloutWorld published(String job, int digit, int second, Optional<Set<String>> judgedAgainst) {
        Instant at = START.plusSeconds(second);
        jobs.put(
                job,
                new JobView(
                        job,
                        "uid-" + job,
                        Times.write(at.minusSeconds(60)),
                        "reviews",
                        Optional.of(new ModelVersion(
                                digest(digit),
                                ServerRequest.version(digest(digit)),
                                "reviews",
                                "pvc://models/reviews/" + digest(digit).substring(7),
                                null,
                                job,
                                "f1Macro",
                                "0.9" + digit,
                                Times.write(at),
                                null,
                                null,
                                null,
                                null)),
                        Optional.of(at),
                        Optional.of(gate(Conditions.TRUE, "Succeeded", "all rules passed", at)),
                        judgedAgainst));
        return this;
    }

    /** A job whose gate refused its model. */
    RolloutWorld refused(String job, int second) {
        Instant at = START.plusSeconds(second);
        jobs.put(
                job,
                new JobView(
                        job,
                        "uid-" + job,
                        Times.write(at.minusSeconds(60)),
                        "reviews",
                        Optional.empty(),
                        Optional.empty(),
                        Optional.of(gate(Conditions.FALSE, "Failed", "good-enough: f1 is 0.41, expected 0.85", at)),
                        Optional.empty()));
        return this;
    }

    private static Condition gate(String status, String reason, String message, Instant at) {
        return new Condition("GatePassed", status, reason, message, 1L, Times.write(at));
    }

    /** One reconciliation; the crash comes before that many of its writes are done. */
    Decision<ModelDeploymentStatus> reconcile(int crashAfter) {
        Decision<ModelDeploymentStatus> decision = RolloutDecider.decide(seen());
        List<Runnable> steps = new ArrayList<>();
        if (!Objects.equals(primary.getStatus(), decision.status())) {
            steps.add(() -> primary.setStatus(decision.status()));
        }
        decision.delete()
                .forEach(o -> steps.add(() -> deployments.remove(o.getMetadata().getName())));
        decision.apply().forEach(o -> steps.add(() -> apply(o)));
        events.addAll(decision.events());
        steps.stream().limit(crashAfter).forEach(step -> {
            step.run();
            writes++;
        });
        return decision;
    }

    Decision<ModelDeploymentStatus> reconcile() {
        return reconcile(Integer.MAX_VALUE);
    }

    /** Reconciles, with servers coming up in between, until nothing is left to do; time passes where a decision waits for it. */
    RolloutWorld settle() {
        for (int i = 0; i < 50; i++) {
            int before = writes;
            Decision<ModelDeploymentStatus> decision = reconcile();
            boolean moved = comeUp();
            if (writes == before && !moved) {
                Optional<Duration> wait = decision.requeueAfter().filter(w -> w.compareTo(Duration.ofSeconds(10)) < 0);
                if (wait.isEmpty()) {
                    return this;
                }
                now = now.plus(wait.get());
            }
        }
        throw new AssertionError("does not settle: " + primary.getStatus());
    }

    /** Every Deployment that is not stuck gets what it asks for. */
    boolean comeUp() {
        boolean moved = false;
        for (Deployment d : deployments.values()) {
            int wanted = stuck.contains(digestOf(d)) ? 0 : d.getSpec().getReplicas();
            var status = new DeploymentStatusBuilder()
                    .withObservedGeneration(d.getMetadata().getGeneration())
                    .withReplicas(wanted)
                    .withUpdatedReplicas(wanted)
                    .withReadyReplicas(wanted)
                    .withAvailableReplicas(wanted)
                    .build();
            moved |= !status.equals(d.getStatus());
            d.setStatus(status);
        }
        return moved;
    }

    /** A server of that digest ended; {@code message} is what its log says last. */
    RolloutWorld ended(int digit, int exitCode, int restarts, String message) {
        pod(
                digit,
                p -> p.editStatus()
                        .withContainerStatuses(new ContainerStatusBuilder()
                                .withName(ServerDeployment.CONTAINER)
                                .withRestartCount(restarts)
                                .withNewState()
                                .withNewWaiting()
                                .withReason("CrashLoopBackOff")
                                .endWaiting()
                                .endState()
                                .withNewLastState()
                                .withNewTerminated()
                                .withExitCode(exitCode)
                                .withMessage(message)
                                .endTerminated()
                                .endLastState()
                                .build())
                        .endStatus());
        return this;
    }

    /** The scheduler finds no room for that digest. */
    RolloutWorld unschedulable(int digit, String message) {
        pod(
                digit,
                p -> p.editStatus()
                        .addNewCondition()
                        .withType("PodScheduled")
                        .withStatus("False")
                        .withReason("Unschedulable")
                        .withMessage(message)
                        .endCondition()
                        .endStatus());
        return this;
    }

    private void pod(int digit, java.util.function.UnaryOperator<PodBuilder> change) {
        PodBuilder pod = new PodBuilder()
                .withNewMetadata()
                .withName("reviews-" + digit)
                .withLabels(ServerDeployment.selector("reviews", digest(digit)))
                .endMetadata()
                .withNewStatus()
                .endStatus();
        pods.put("reviews-" + digit, change.apply(pod).build());
    }

    DeploymentObservation seen() {
        return new DeploymentObservation(
                primary.getMetadata(),
                primary.getSpec(),
                primary.unreadable(),
                primary.getStatus(),
                List.copyOf(jobs.values()),
                List.copyOf(deployments.values()),
                Optional.ofNullable(service),
                List.copyOf(pods.values()),
                List.copyOf(foreign),
                Optional.empty(),
                config,
                now);
    }

    /** How many servers answer requests right now. */
    int answering() {
        if (service == null) {
            return 0;
        }
        String selected = service.getSpec().getSelector().get(Labels.DIGEST);
        return deployments.values().stream()
                .filter(d -> selected.equals(d.getMetadata().getLabels().get(Labels.DIGEST)))
                .mapToInt(d -> d.getStatus() == null ? 0 : d.getStatus().getReadyReplicas())
                .sum();
    }

    int replicas(int digit) {
        Deployment d = deployments.get(ServerRequest.name("reviews", digest(digit)));
        return d == null ? -1 : d.getSpec().getReplicas();
    }

    Condition condition(String type) {
        return primary.getStatus().conditions().stream()
                .filter(c -> c.type().equals(type))
                .findFirst()
                .orElseThrow();
    }

    private static String digestOf(Deployment deployment) {
        return deployment.getMetadata().getAnnotations().get(Labels.MODEL_DIGEST);
    }

    private void apply(HasMetadata object) {
        switch (object) {
            case Service s -> service = s;
            case Deployment d -> {
                Deployment old = deployments.get(d.getMetadata().getName());
                long generation = old == null ? 1 : old.getMetadata().getGeneration() + 1;
                d.getMetadata().setGeneration(generation);
                d.setStatus(old == null ? null : old.getStatus());
                deployments.put(d.getMetadata().getName(), d);
            }
            default -> throw new AssertionError(object);
        }
    }
}
