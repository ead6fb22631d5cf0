package dev.finetune.operator.job;

import dev.finetune.api.FineTuneJobStatus;
import dev.finetune.operator.OperatorConfig;
import dev.finetune.operator.desired.Labels;
import dev.finetune.operator.job.JobObservation.Refusal;
import dev.finetune.operator.kube.Applier;
import dev.finetune.operator.kube.ChildWatch;
import dev.finetune.operator.kube.EventProbe;
import dev.finetune.operator.kube.FineTuneJob;
import dev.finetune.operator.kube.LogProbe;
import dev.finetune.operator.kube.Lookup;
import dev.finetune.operator.kube.Pass;
import dev.finetune.operator.telemetry.LogKeys;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import java.time.Clock;
import java.util.List;

/** Observes a FineTuneJob, has the decider decide, and has the decision carried out. */
@ControllerConfiguration(name = "finetunejob", fieldManager = Labels.OPERATOR)
public final class FineTuneJobReconciler implements Reconciler<FineTuneJob> {
    private final JobObserver observer;
    private final Pass<FineTuneJob, FineTuneJobStatus, JobObservation> pass;

    /** A reconciler for jobs under that configuration. */
    public FineTuneJobReconciler(OperatorConfig config, KubernetesClient client, Applier applier, Clock clock) {
        this.observer =
                new JobObserver(config, new Lookup(client), new LogProbe(client, clock), new EventProbe(client), clock);
        JobDecider decider = new JobDecider(config);
        this.pass = new Pass<>(
                applier,
                decider::decide,
                (seen, refused) -> decider.decide(seen.after(
                        refused.primary().getMetadata(),
                        refused.primary().getStatus(),
                        new Refusal(refused.object(), refused.code(), refused.message()))));
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
            return pass.run(job, observer.observe(job, cached(job, context)), context);
        }
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
        return ChildWatch.of(type, FineTuneJob.class, Labels.JOB, context);
    }
}
