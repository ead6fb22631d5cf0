package dev.finetune.operator.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyBoolean;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import dev.finetune.api.EvaluationSummary;
import dev.finetune.api.FailureClass;
import dev.finetune.api.FineTuneJobSpec;
import dev.finetune.api.FineTuneJobStatus;
import dev.finetune.api.Json;
import dev.finetune.api.PublishedModel;
import dev.finetune.api.ReadSource;
import dev.finetune.api.run.EvaluateResult;
import dev.finetune.api.run.Outcome;
import dev.finetune.api.run.PrepareResult;
import dev.finetune.api.run.Stage;
import dev.finetune.api.run.StageFailure;
import dev.finetune.api.run.StageResult;
import dev.finetune.api.run.TrainResult;
import dev.finetune.operator.OperatorConfig;
import dev.finetune.operator.desired.Announcement;
import dev.finetune.operator.desired.Decision;
import dev.finetune.operator.desired.Labels;
import dev.finetune.operator.desired.Ownership;
import dev.finetune.operator.desired.StageJob;
import dev.finetune.operator.diagnosis.LogReading;
import dev.finetune.operator.kube.EventProbe;
import dev.finetune.operator.kube.FineTuneJob;
import dev.finetune.operator.kube.LenientClient;
import dev.finetune.operator.kube.LogProbe;
import dev.finetune.operator.kube.Lookup;
import dev.finetune.operator.kube.ModelDeployment;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobConditionBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.JobStatusBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A cluster in memory with one FineTuneJob: the API server's part (uids, resourceVersions, fences), the Job controller's and
 * the kubelet's, each as single steps that a test puts in any order. The observer and the decider are the real ones.
 */
final class World {
    /** The operator dies: the write before was committed, nothing after it is sent. */
    static final class Crash extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    private static final Duration BETWEEN_STEPS = Duration.ofSeconds(1);

    final FineTuneJob job;
    final Map<String, HasMetadata> objects = new LinkedHashMap<>();
    final List<Announcement> events = new ArrayList<>();
    final List<String> writes = new ArrayList<>();
    /** Objects exactly as the operator sent them. */
    final List<HasMetadata> created = new ArrayList<>();

    final List<ModelDeployment> deployments = new ArrayList<>();
    final List<FineTuneJob> neighbours = new ArrayList<>();
    final Map<String, String> logs = new LinkedHashMap<>();
    List<Event> kubernetesEvents = List.of();
    Instant now = Instant.parse("2026-01-01T00:00:00Z");
    /** The operator dies after so many more writes; negative = never. */
    int crashAfter = -1;

    private final JobObserver observer;
    private final JobDecider decider;
    private long version = 1;
    private long uids = 1;
    private Optional<JobObserver.Cached> frozen = Optional.empty();

    World() {
        this(Samples.job(), Samples.config());
    }

    World(FineTuneJob job, OperatorConfig config) {
        this.job = job;
        Lookup lookup = mock(Lookup.class);
        when(lookup.get(any(), anyString(), anyString()))
                .thenAnswer(call -> Optional.ofNullable(
                        objects.get(key(call.<Class<?>>getArgument(0).getSimpleName(), call.getArgument(2)))));
        when(lookup.list(any(), anyString())).thenAnswer(call -> List.copyOf(deployments));
        LogProbe probe = mock(LogProbe.class);
        when(probe.read(any(), anyBoolean())).thenAnswer(call -> {
            String name = call.<Pod>getArgument(0).getMetadata().getName();
            return Optional.of(LogReading.parse(name, logs.getOrDefault(name, "")));
        });
        EventProbe eventProbe = mock(EventProbe.class);
        when(eventProbe.of(any())).thenAnswer(call -> kubernetesEvents);
        Clock clock = new Clock() {
            @Override
            public ZoneId getZone() {
                return ZoneId.of("UTC");
            }

            @Override
            public Clock withZone(ZoneId zone) {
                return this;
            }

            @Override
            public Instant instant() {
                return now;
            }
        };
        this.observer = new JobObserver(config, lookup, probe, eventProbe, clock);
        this.decider = new JobDecider(config);
    }

    // --- the operator ---

    /** One reconciliation; true if it wrote anything. */
    boolean reconcile() {
        int before = writes.size();
        FineTuneJob seen = copy();
        Decision<FineTuneJobStatus> decision = decider.decide(observe(seen));
        carryOut(seen, decision);
        now = now.plus(BETWEEN_STEPS);
        return writes.size() > before;
    }

    /** Until nothing is written any more. */
    void settle() {
        for (int i = 0; i < 50; i++) {
            if (!reconcile()) {
                return;
            }
        }
        throw new AssertionError("never settles: " + writes);
    }

    private FineTuneJob copy() {
        return LenientClient.copy(LenientClient.serialization(), job);
    }

    JobObservation observe(FineTuneJob seen) {
        return observer.observe(seen, frozen.orElseGet(this::cached));
    }

    Decision<FineTuneJobStatus> decide() {
        return decider.decide(observe(copy()));
    }

    /** From now on the operator's caches of children show what is there now. */
    void freezeCaches() {
        frozen = Optional.of(cached());
    }

    void thawCaches() {
        frozen = Optional.empty();
    }

    private JobObserver.Cached cached() {
        return new JobObserver.Cached(
                all(Job.class), all(Pod.class), all(PersistentVolumeClaim.class), neighbours::stream);
    }

    private void carryOut(FineTuneJob seen, Decision<FineTuneJobStatus> decision) {
        if (!Objects.equals(seen.getStatus(), decision.status())) {
            if (!seen.getMetadata()
                    .getResourceVersion()
                    .equals(job.getMetadata().getResourceVersion())) {
                return;
            }
            // As the API server keeps it: through JSON.
            job.setStatus(
                    Json.MAPPER.convertValue(Json.MAPPER.valueToTree(decision.status()), FineTuneJobStatus.class));
            touch();
            seen.getMetadata().setResourceVersion(job.getMetadata().getResourceVersion());
            wrote("status");
        }
        events.addAll(decision.events());
        for (HasMetadata object : decision.delete()) {
            HasMetadata live = objects.get(key(object));
            if (live != null
                    && live.getMetadata().getUid().equals(object.getMetadata().getUid())) {
                remove(live);
                wrote("delete " + key(object));
            }
        }
        if (!seen.getMetadata().getResourceVersion().equals(job.getMetadata().getResourceVersion())) {
            return;
        }
        for (HasMetadata object : decision.create()) {
            if (object instanceof Job child && unfinished(child)) {
                return;
            }
            if (objects.containsKey(key(object))) {
                if (Ownership.of(objects.get(key(object)), job) != Ownership.OURS) {
                    return;
                }
                continue;
            }
            created.add(object);
            HasMetadata made = Serialization.clone(object);
            made.getMetadata().setUid("made-" + uids++);
            made.getMetadata().setCreationTimestamp(now.toString());
            objects.put(key(made), made);
            wrote("create " + key(made));
        }
    }

    private boolean unfinished(Job child) {
        return all(Pod.class).stream()
                .filter(p -> child.getMetadata()
                        .getLabels()
                        .get(Labels.STAGE)
                        .equals(p.getMetadata().getLabels().get(Labels.STAGE)))
                .anyMatch(p -> !isEnded(p));
    }

    private void wrote(String what) {
        writes.add(what);
        if (crashAfter > 0 && --crashAfter == 0) {
            crashAfter = -1;
            throw new Crash();
        }
    }

    private void touch() {
        job.getMetadata().setResourceVersion(Long.toString(++version));
    }

    // --- the user ---

    void suspend(boolean suspend) {
        FineTuneJobSpec s = job.getSpec();
        job.setSpec(new FineTuneJobSpec(
                s.task(),
                suspend,
                s.profile(),
                s.model(),
                s.dataset(),
                s.training(),
                s.evaluation(),
                s.output(),
                s.activeDeadlineSeconds(),
                s.backoffLimit(),
                s.ttlSecondsAfterFinished(),
                s.podTemplate()));
        job.getMetadata().setGeneration(job.getMetadata().getGeneration() + 1);
        touch();
    }

    void remove(HasMetadata object) {
        objects.remove(key(object));
        if (object instanceof Job gone) {
            for (Pod pod : podsOf(gone)) {
                if (isEnded(pod)) {
                    objects.remove(key(pod));
                } else {
                    put(pod.edit()
                            .editMetadata()
                            .withDeletionTimestamp(now.plusSeconds(30).toString())
                            .endMetadata()
                            .build());
                }
            }
        }
    }

    // --- the Job controller ---

    /** Makes the pod that the newest unfinished Job lacks; empty where none does. */
    Optional<Pod> schedule() {
        for (Job child : all(Job.class)) {
            boolean over = child.getStatus() != null
                    && !child.getStatus().getConditions().isEmpty();
            boolean suspended = Boolean.TRUE.equals(child.getSpec().getSuspend());
            if (over || suspended || podsOf(child).stream().anyMatch(p -> !isEnded(p))) {
                continue;
            }
            Pod pod = new PodBuilder()
                    .withMetadata(child.getSpec().getTemplate().getMetadata())
                    .editMetadata()
                    .withName(child.getMetadata().getName() + "-" + Long.toString(uids, 36))
                    .withNamespace(job.getMetadata().getNamespace())
                    .withUid("pod-" + uids++)
                    .withCreationTimestamp(now.toString())
                    .addNewOwnerReference()
                    .withApiVersion("batch/v1")
                    .withKind("Job")
                    .withName(child.getMetadata().getName())
                    .withUid(child.getMetadata().getUid())
                    .withController(true)
                    .endOwnerReference()
                    .endMetadata()
                    .withSpec(child.getSpec().getTemplate().getSpec())
                    .withNewStatus()
                    .withPhase("Pending")
                    .endStatus()
                    .build();
            put(pod);
            assertThat(all(Pod.class).stream()
                            .filter(p -> !isEnded(p))
                            .map(p -> p.getMetadata().getLabels().get(Labels.STAGE)))
                    .as("one writer per stage")
                    .doesNotHaveDuplicates();
            return Optional.of(pod);
        }
        return Optional.empty();
    }

    /** A Job's end, as its controller writes it. */
    void finish(Job child, String type, String reason, String message) {
        put(child.edit()
                .withStatus(new JobStatusBuilder()
                        .addToConditions(new JobConditionBuilder()
                                .withType(type)
                                .withStatus("True")
                                .withReason(reason)
                                .withMessage(message)
                                .build())
                        .build())
                .build());
    }

    // --- the kubelet ---

    Pod start(Pod pod) {
        return put(pod.edit()
                .editOrNewStatus()
                .withPhase("Running")
                .addNewContainerStatus()
                .withName(StageJob.CONTAINER)
                .withNewState()
                .withNewRunning(now.toString())
                .endState()
                .endContainerStatus()
                .endStatus()
                .build());
    }

    Pod end(Pod pod, int exitCode, String reason, String message) {
        String started = RunView.started(pod).orElse(now).toString();
        return put(pod.edit()
                .editStatus()
                .withPhase(exitCode == 0 ? "Succeeded" : "Failed")
                .withContainerStatuses()
                .addNewContainerStatus()
                .withName(StageJob.CONTAINER)
                .withNewState()
                .withNewTerminated()
                .withExitCode(exitCode)
                .withReason(reason)
                .withMessage(message)
                .withStartedAt(started)
                .withFinishedAt(now.toString())
                .endTerminated()
                .endState()
                .endContainerStatus()
                .endStatus()
                .build());
    }

    void evict(Pod pod) {
        Pod ended = end(pod, 143, "Error", "");
        put(ended.edit()
                .editStatus()
                .addToConditions(new PodConditionBuilder()
                        .withType("DisruptionTarget")
                        .withStatus("True")
                        .build())
                .endStatus()
                .build());
    }

    /** The pod does its work and its Job completes. */
    void succeed(Pod pod) {
        Job child = jobOf(pod);
        end(pod, 0, "Completed", Json.write(result(child)));
        finish(child, "Complete", "CompletionsReached", "");
    }

    /** The pod ends with one of our exit codes and the failure policy ends its Job. */
    void fail(Pod pod, int exitCode, FailureClass type, String message) {
        Job child = jobOf(pod);
        StageResult result = new StageResult(
                digest(child), stage(child), Outcome.Failed, null, null, null, new StageFailure(type, message));
        end(pod, exitCode, "Error", Json.write(result));
        finish(
                child,
                "Failed",
                "PodFailurePolicy",
                "Container finetune for pod team/x failed with exit code " + exitCode + " matching FailJob rule");
    }

    /** Runs the newest pod of the stage that is due to its good end. */
    void runStage() {
        settle();
        Pod pod = start(schedule().orElseThrow());
        settle();
        now = now.plusSeconds(60);
        succeed(pod);
        settle();
    }

    /** The commit or digest that prepare found, where the model comes from a hub or a registry. */
    private @Nullable String revision() {
        String uri = job.getSpec().model().storageUri();
        return uri.startsWith("hf:")
                ? "c0ffee".repeat(6) + "c0ff"
                : uri.startsWith("oci:") ? "sha256:" + "c0ff".repeat(16) : null;
    }

    StageResult result(Job child) {
        return switch (stage(child)) {
            case prepare ->
                new StageResult(
                        digest(child),
                        Stage.prepare,
                        Outcome.Succeeded,
                        new PrepareResult(
                                "sha256:model",
                                revision(),
                                "apache-2.0",
                                "sha256:data",
                                "sha256:test",
                                80,
                                10,
                                30,
                                List.of("bad", "good"),
                                List.of(),
                                true,
                                List.of(new ReadSource("spec.dataset.train", "c0ffee", 2L, 300L, "sha256:train"))),
                        null,
                        null,
                        null);
            case train ->
                new StageResult(
                        digest(child),
                        Stage.train,
                        Outcome.Succeeded,
                        null,
                        new TrainResult(
                                "sha256:candidate",
                                3,
                                30,
                                20,
                                "f1Macro",
                                "0.9836065573770492",
                                "EpochsDone",
                                true,
                                8,
                                1.5,
                                0.01,
                                1000L),
                        null,
                        null);
            case evaluate ->
                new StageResult(digest(child), Stage.evaluate, Outcome.Succeeded, null, null, verdict, null);
        };
    }

    EvaluateResult verdict = new EvaluateResult(
            true,
            "Succeeded",
            null,
            new EvaluationSummary("f1Macro", "0.8", dev.finetune.api.Baseline.LinearProbe, "0.9"),
            List.of(),
            List.of(),
            List.of(),
            new PublishedModel("reviews", "abc", "sha256:abc", "pvc://models/reviews/abc", "sha256:model", 10L));

    // --- looking ---

    FineTuneJobStatus status() {
        return job.getStatus();
    }

    String reason(String type) {
        return JobState.of(observe(job)).conditions().reason(type);
    }

    String message(String type) {
        return JobState.of(observe(job)).conditions().message(type);
    }

    boolean isTrue(String type) {
        return JobState.of(observe(job)).conditions().isTrue(type);
    }

    <T extends HasMetadata> List<T> all(Class<T> type) {
        return objects.values().stream()
                .filter(type::isInstance)
                .map(type::cast)
                .toList();
    }

    Job child(String name) {
        return (Job)
                Objects.requireNonNull(objects.get("Job/" + name), () -> "no Job " + name + " in " + objects.keySet());
    }

    List<Pod> podsOf(Job child) {
        return all(Pod.class).stream()
                .filter(p -> p.getMetadata()
                        .getOwnerReferences()
                        .getFirst()
                        .getUid()
                        .equals(child.getMetadata().getUid()))
                .toList();
    }

    Job jobOf(Pod pod) {
        return child(pod.getMetadata().getOwnerReferences().getFirst().getName());
    }

    Pod current(Pod pod) {
        return (Pod) objects.get(key(pod));
    }

    private <T extends HasMetadata> T put(T object) {
        objects.put(key(object), object);
        return object;
    }

    void add(HasMetadata object) {
        put(object);
    }

    static boolean isEnded(Pod pod) {
        return List.of("Succeeded", "Failed").contains(pod.getStatus().getPhase());
    }

    static Stage stage(Job child) {
        return Stage.valueOf(child.getMetadata().getLabels().get(Labels.STAGE));
    }

    static String digest(Job child) {
        return child.getMetadata().getAnnotations().get(Labels.PLAN_DIGEST);
    }

    static String key(HasMetadata object) {
        return key(object.getKind(), object.getMetadata().getName());
    }

    static String key(String kind, String name) {
        return kind + "/" + name;
    }
}
