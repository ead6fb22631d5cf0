package dev.finetune.operator.deployment;

import dev.finetune.api.ModelDeploymentStatus;
import dev.finetune.api.ModelReference;
import dev.finetune.operator.OperatorConfig;
import dev.finetune.operator.desired.Labels;
import dev.finetune.operator.kube.Applier;
import dev.finetune.operator.kube.ChildWatch;
import dev.finetune.operator.kube.FineTuneJob;
import dev.finetune.operator.kube.Lookup;
import dev.finetune.operator.kube.ModelDeployment;
import dev.finetune.operator.kube.Pass;
import dev.finetune.operator.telemetry.LogKeys;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
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
import java.util.stream.Collectors;

/** Observes a ModelDeployment, has the decider decide, and has the decision carried out. */
@ControllerConfiguration(name = "modeldeployment", fieldManager = Labels.OPERATOR)
public final class ModelDeploymentReconciler implements Reconciler<ModelDeployment> {
    private static final Duration AFTER_REFUSAL = Duration.ofSeconds(30);

    private final DeploymentObserver observer;
    private final Pass<ModelDeployment, ModelDeploymentStatus, DeploymentObservation> pass;

    /** A reconciler for deployments under that configuration. */
    public ModelDeploymentReconciler(OperatorConfig config, KubernetesClient client, Applier applier, Clock clock) {
        this.observer = new DeploymentObserver(config, new Lookup(client), clock);
        this.pass = new Pass<>(
                applier,
                RolloutDecider::decide,
                (seen, refused) -> RolloutDecider.decide(seen.after(
                                refused.primary().getMetadata(),
                                refused.primary().getStatus(),
                                ServerChildren.name(refused.object()) + ": " + refused.message()))
                        .withoutObjects(AFTER_REFUSAL));
    }

    /** Only what carries our label is watched, and the FineTuneJobs, of which a new one may be followed. */
    @Override
    public List<EventSource<?, ModelDeployment>> prepareEventSources(EventSourceContext<ModelDeployment> context) {
        return List.of(
                watch(Deployment.class, context),
                watch(Service.class, context),
                watch(Pod.class, context),
                watchJobs(context));
    }

    @Override
    public UpdateControl<ModelDeployment> reconcile(ModelDeployment primary, Context<ModelDeployment> context) {
        try (LogKeys keys = LogKeys.of(primary)) {
            return pass.run(primary, observer.observe(primary, cached(primary, context)), context);
        }
    }

    private static DeploymentObserver.Cached cached(ModelDeployment primary, Context<ModelDeployment> context) {
        return new DeploymentObserver.Cached(
                List.copyOf(context.getSecondaryResources(Deployment.class)),
                List.copyOf(context.getSecondaryResources(Service.class)),
                List.copyOf(context.getSecondaryResources(Pod.class)),
                jobs(primary.getMetadata().getNamespace(), context));
    }

    /** Straight from the informer: a job that was there before the deployment is in no index. */
    private static List<FineTuneJob> jobs(String namespace, Context<ModelDeployment> context) {
        return context.eventSourceRetriever().getEventSourceFor(FineTuneJob.class)
                        instanceof InformerEventSource<FineTuneJob, ModelDeployment> informer
                ? informer.list(namespace, job -> true).toList()
                : List.of();
    }

    private static <R extends HasMetadata> EventSource<R, ModelDeployment> watch(
            Class<R> type, EventSourceContext<ModelDeployment> context) {
        return ChildWatch.of(type, ModelDeployment.class, Labels.DEPLOYMENT, context);
    }

    private static EventSource<FineTuneJob, ModelDeployment> watchJobs(EventSourceContext<ModelDeployment> context) {
        return new InformerEventSource<>(
                InformerEventSourceConfiguration.from(FineTuneJob.class, ModelDeployment.class)
                        .withSecondaryToPrimaryMapper(job -> context.getPrimaryCache()
                                .list(job.getMetadata().getNamespace(), deployment -> concerns(job, deployment))
                                .map(ResourceID::fromResource)
                                .collect(Collectors.toSet()))
                        .build(),
                context);
    }

    /** A namespace may hold many of both, and a job writes its progress every few seconds. */
    static boolean concerns(FineTuneJob job, ModelDeployment deployment) {
        ModelReference model =
                deployment.getSpec() == null ? null : deployment.getSpec().model();
        if (model == null) {
            return false;
        }
        String published = job.getSpec() == null || job.getSpec().output() == null
                ? null
                : job.getSpec().output().modelName();
        boolean follows = published != null
                && model.follow() != null
                && published.equals(model.follow().modelName());
        return follows
                || (model.fineTuneJob() != null
                        && job.getMetadata()
                                .getName()
                                .equals(model.fineTuneJob().name()));
    }
}
