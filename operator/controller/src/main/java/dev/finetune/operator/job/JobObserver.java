package dev.finetune.operator.job;

import dev.finetune.api.DeployedModel;
import dev.finetune.api.FineTuneJobSpec;
import dev.finetune.api.FineTuneJobStatus;
import dev.finetune.api.ModelReferenceType;
import dev.finetune.api.ModelVersion;
import dev.finetune.api.StorageUri;
import dev.finetune.api.run.Stage;
import dev.finetune.operator.OperatorConfig;
import dev.finetune.operator.desired.Names;
import dev.finetune.operator.desired.Times;
import dev.finetune.operator.diagnosis.LogReading;
import dev.finetune.operator.kube.EventProbe;
import dev.finetune.operator.kube.FineTuneJob;
import dev.finetune.operator.kube.LogProbe;
import dev.finetune.operator.kube.Lookup;
import dev.finetune.operator.kube.ModelDeployment;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Reads what a decision about a job needs: caches always, the API server only for what the job's state calls for. */
final class JobObserver {
    private static final Duration SILENCE = Duration.ofSeconds(10);

    private final OperatorConfig config;
    private final Lookup lookup;
    private final LogProbe logs;
    private final EventProbe events;
    private final Clock clock;

    /** What the caches hold about a job. */
    record Cached(
            List<Job> jobs,
            List<Pod> pods,
            List<PersistentVolumeClaim> claims,
            Supplier<Stream<FineTuneJob>> neighbours) {}

    JobObserver(OperatorConfig config, Lookup lookup, LogProbe logs, EventProbe events, Clock clock) {
        this.config = config;
        this.lookup = lookup;
        this.logs = logs;
        this.events = events;
        this.clock = clock;
    }

    JobObservation observe(FineTuneJob job, Cached cached) {
        JobObservation known = new JobObservation(
                job.getMetadata(),
                job.getSpec(),
                job.unreadable(),
                job.getStatus(),
                clock.instant(),
                cached.jobs(),
                cached.pods(),
                new ArrayList<>(cached.claims()),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                Optional.empty(),
                Optional.empty());
        JobState state = JobState.of(known);
        boolean first = job.getStatus() == null || job.getStatus().resolved() == null;
        Optional<RunView> view = state.openStage().map(s -> RunView.of(known, s, state.run(s)));
        boolean judging = state.openStage().equals(Optional.of(Stage.evaluate))
                && view.filter(RunView::isOver).isPresent();
        return new JobObservation(
                known.metadata(),
                known.spec(),
                known.unreadable(),
                known.status(),
                known.now(),
                known.jobs(),
                known.pods(),
                named(known, state, view, judging),
                (first && !state.ended()) || judging ? Optional.of(deployed(job)) : Optional.empty(),
                testUses(job, state, cached.neighbours()),
                view.flatMap(RunView::newestPod)
                        .filter(p -> RunView.started(p).isPresent())
                        .flatMap(this::log),
                view.map(v -> silence(v, known.now())).orElse(List.of()),
                first && !state.ended() ? store(job) : Optional.empty(),
                Optional.empty());
    }

    private Optional<LogReading> log(Pod pod) {
        return logs.read(pod, RunView.terminated(pod).isPresent());
    }

    private List<HasMetadata> named(JobObservation known, JobState state, Optional<RunView> view, boolean judging) {
        String name = known.metadata().getName();
        List<HasMetadata> named = new ArrayList<>(known.named());
        if (state.ended()) {
            if (isTidying(known)) {
                for (Stage stage : Stage.values()) {
                    for (int run = 1; run <= state.run(stage); run++) {
                        look(known, named, ConfigMap.class, Names.plan(name, stage, run));
                    }
                }
                look(known, named, ConfigMap.class, Names.profile(name));
                look(known, named, ConfigMap.class, Names.report(name));
            }
            return named;
        }
        if (judging) {
            look(known, named, ConfigMap.class, Names.report(name));
        }
        if (view.isPresent() && view.get().job().isEmpty()) {
            Stage stage = state.openStage().orElseThrow();
            look(known, named, Job.class, view.get().jobName());
            look(known, named, ConfigMap.class, Names.plan(name, stage, state.run(stage)));
            look(known, named, ConfigMap.class, Names.profile(name));
            look(known, named, PersistentVolumeClaim.class, Names.workspace(name));
        }
        return named;
    }

    /** The ConfigMaps are looked for as long as anything of the job is left: they are deleted before the rest. */
    private static boolean isTidying(JobObservation known) {
        Integer ttl = known.spec() == null ? null : known.spec().ttlSecondsAfterFinished();
        FineTuneJobStatus status = known.status();
        boolean due = ttl != null
                && status != null
                && Times.read(status.completionTime())
                        .filter(t -> !known.now().isBefore(t.plusSeconds(ttl)))
                        .isPresent();
        return due && !(known.jobs().isEmpty() && known.named().isEmpty());
    }

    private <T extends HasMetadata> void look(
            JobObservation known, List<HasMetadata> into, Class<T> type, String name) {
        boolean there = into.stream()
                .anyMatch(o -> type.isInstance(o) && name.equals(o.getMetadata().getName()));
        if (!there) {
            lookup.get(type, known.metadata().getNamespace(), name).ifPresent(into::add);
        }
    }

    private List<DeployedModel> deployed(FineTuneJob job) {
        FineTuneJobSpec spec = job.getSpec();
        String model =
                spec == null || spec.output() == null ? null : spec.output().modelName();
        if (model == null) {
            return List.of();
        }
        return lookup.list(ModelDeployment.class, job.getMetadata().getNamespace()).stream()
                .filter(d -> follows(d, model))
                .map(d -> deployed(d, Objects.requireNonNull(d.getStatus().stable())))
                .sorted(Comparator.comparing(DeployedModel::deployment))
                .toList();
    }

    private static DeployedModel deployed(ModelDeployment deployment, ModelVersion stable) {
        return new DeployedModel(
                stable.digest(),
                stable.storageUri(),
                Objects.requireNonNull(deployment.getSpec().model()).secretOf(stable),
                deployment.getMetadata().getName());
    }

    private static boolean follows(ModelDeployment deployment, String model) {
        var spec = deployment.getSpec();
        var status = deployment.getStatus();
        return spec != null
                && spec.model() != null
                && spec.model().type() == ModelReferenceType.Follow
                && spec.model().follow() != null
                && model.equals(spec.model().follow().modelName())
                && status != null
                && status.stable() != null
                && status.stable().digest() != null;
    }

    private static Optional<Integer> testUses(
            FineTuneJob job, JobState state, Supplier<Stream<FineTuneJob>> neighbours) {
        var data = job.getStatus() == null ? null : job.getStatus().dataset();
        boolean soon = state.stage()
                .filter(s -> Set.of(Stage.train, Stage.evaluate).contains(s))
                .isPresent();
        if (state.ended() || !soon || data == null || data.testDigest() == null) {
            return Optional.empty();
        }
        return Optional.of((int) neighbours
                .get()
                .filter(n -> !Objects.equals(
                        n.getMetadata().getUid(), job.getMetadata().getUid()))
                .map(FineTuneJob::getStatus)
                .filter(s -> s != null && s.dataset() != null && s.dataset().testUses() != null)
                .filter(s -> data.testDigest()
                        .equals(Objects.requireNonNull(s.dataset()).testDigest()))
                .count());
    }

    private List<Event> silence(RunView view, Instant now) {
        if (view.job().isEmpty() || view.isOver()) {
            return List.of();
        }
        HasMetadata silent =
                view.newestPod().map(p -> (HasMetadata) p).orElse(view.job().get());
        boolean waits = view.newestPod()
                .map(p ->
                        p.getStatus() == null || "Pending".equals(p.getStatus().getPhase()))
                .orElse(true);
        boolean silentLong = Times.read(silent.getMetadata().getCreationTimestamp())
                .filter(t -> t.plus(SILENCE).isBefore(now))
                .isPresent();
        return waits && silentLong ? events.of(silent) : List.of();
    }

    private Optional<PersistentVolumeClaim> store(FineTuneJob job) {
        FineTuneJobSpec spec = job.getSpec();
        String uri = spec == null || spec.output() == null || spec.output().storageUri() == null
                ? "pvc://" + config.storeClaim()
                : spec.output().storageUri();
        return StorageUri.parse(uri)
                .filter(u -> u.scheme() == StorageUri.Scheme.pvc)
                .flatMap(u -> lookup.get(
                        PersistentVolumeClaim.class, job.getMetadata().getNamespace(), u.authority()));
    }
}
