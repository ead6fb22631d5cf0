package dev.finetune.operator.job;

import dev.finetune.api.FineTuneJobStatus;
import dev.finetune.operator.OperatorConfig;
import dev.finetune.operator.desired.Decision;
import dev.finetune.operator.desired.Labels;
import dev.finetune.operator.job.JobObservation.Refusal;
import dev.finetune.operator.kube.Applier;
import dev.finetune.operator.kube.EventProbe;
import dev.finetune.operator.kube.FineTuneJob;
import dev.finetune.operator.kube.LogProbe;
import dev.finetune.operator.kube.Lookup;
import dev.finetune.operator.kube.Outcome;
import dev.finetune.operator.telemetry.LogKeys;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Observes a FineTuneJob, has the decider decide, and has the decision carried out. */
@ControllerConfiguration(name = "finetunejob", fieldManager = Labels.OPERATOR)
public final class FineTuneJobReconciler implements Reconciler<FineTuneJob> {
    private static final Logger LOG = LoggerFactory.getLogger(FineTuneJobReconciler.class);
    private static final Duration AT_ONCE = Duration.ofMillis(200);
    private static final Duration SOON = Duration.ofSeconds(2);

    private final JobObserver observer;
    private final JobDecider decider;
    private final Applier applier;

    /** A reconciler for jobs under that configuration. */
    public FineTuneJobReconciler(OperatorConfig config, KubernetesClient client, Applier applier, Clock clock) {
        this.observer =
                new JobObserver(config, new Lookup(client), new LogProbe(client, clock), new EventProbe(client), clock);
        this.decider = new JobDecider(config);
        this.applier = applier;
    }

    /** Only what carries our label is watched: what users own never fills our memory. */
    @Override
    public List<EventSource<?, FineTuneJob>> prepareEventSources(EventSourceContext<FineTuneJob> context) {
        return List.of(
                watch(Job.class, context), watch(Pod.class, context), watch(PersistentVolumeClaim.class, context));
    }

    @Override
    public UpdateControl<FineTuneJob> reconcile(FineTuneJob job, Context<FineTuneJob> context) {
        try (LogKeys keys = LogKeys.of(job)) {
            JobObservation seen = observer.observe(job, cached(job, context));
            Decision<FineTuneJobStatus> decision = decider.decide(seen);
            decision.events()
                    .forEach(e -> LOG.atInfo().addKeyValue("reason", e.reason()).log("{}", e.note()));
            return next(seen, decision, applier.apply(job, decision, context), context);
        }
    }

    private UpdateControl<FineTuneJob> next(
            JobObservation seen,
            Decision<FineTuneJobStatus> decision,
            Outcome<FineTuneJob> outcome,
            Context<FineTuneJob> context) {
        return switch (outcome) {
            case Outcome.Done<FineTuneJob> done -> again(decision);
            case Outcome.Stale<FineTuneJob> stale ->
                UpdateControl.<FineTuneJob>noUpdate().rescheduleAfter(AT_ONCE);
            case Outcome.Conflict<FineTuneJob> conflict ->
                UpdateControl.<FineTuneJob>noUpdate().rescheduleAfter(AT_ONCE);
            case Outcome.Waiting<FineTuneJob> waiting -> {
                LOG.atInfo().addKeyValue("pod", waiting.pod()).log("waits until an earlier pod has ended");
                yield UpdateControl.<FineTuneJob>noUpdate().rescheduleAfter(SOON);
            }
            case Outcome.Refused<FineTuneJob> refused -> {
                JobObservation after = seen.after(
                        refused.primary().getMetadata(),
                        refused.primary().getStatus(),
                        new Refusal(refused.object(), refused.code(), refused.message()));
                Decision<FineTuneJobStatus> second = decider.decide(after);
                applier.apply(refused.primary(), second, context);
                yield again(second);
            }
        };
    }

    private static UpdateControl<FineTuneJob> again(Decision<FineTuneJobStatus> decision) {
        UpdateControl<FineTuneJob> control = UpdateControl.noUpdate();
        decision.requeueAfter().ifPresent(control::rescheduleAfter);
        return control;
    }

    private static JobObserver.Cached cached(FineTuneJob job, Context<FineTuneJob> context) {
        return new JobObserver.Cached(
                List.copyOf(context.getSecondaryResources(Job.class)),
                List.copyOf(context.getSecondaryResources(Pod.class)),
                List.copyOf(context.getSecondaryResources(PersistentVolumeClaim.class)),
                () -> context.getPrimaryCache()
                        .list(n -> job.getMetadata()
                                .getNamespace()
                                .equals(n.getMetadata().getNamespace())));
    }

    private static <R extends HasMetadata> EventSource<R, FineTuneJob> watch(
            Class<R> type, EventSourceContext<FineTuneJob> context) {
        return new InformerEventSource<>(
                InformerEventSourceConfiguration.from(type, FineTuneJob.class)
                        .withLabelSelector(Labels.JOB)
                        .withSecondaryToPrimaryMapper(child -> Set.of(new ResourceID(
                                child.getMetadata().getLabels().get(Labels.JOB),
                                child.getMetadata().getNamespace())))
                        .build(),
                context);
    }
}
