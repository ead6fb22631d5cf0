package dev.finetune.operator.job;

import dev.finetune.operator.OperatorConfig;
import dev.finetune.operator.kube.Applier;
import dev.finetune.operator.kube.FineTuneJob;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import java.time.Clock;

/** Observes a FineTuneJob, has the decider decide, and carries the decision out. */
@ControllerConfiguration(name = "finetunejob", fieldManager = "finetune-operator")
public final class FineTuneJobReconciler implements Reconciler<FineTuneJob> {
    /** A reconciler with that configuration and those hands. */
    public FineTuneJobReconciler(OperatorConfig config, KubernetesClient client, Applier applier, Clock clock) {}

    @Override
    public UpdateControl<FineTuneJob> reconcile(FineTuneJob job, Context<FineTuneJob> context) {
        return UpdateControl.noUpdate();
    }
}
