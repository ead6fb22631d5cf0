package dev.finetune.operator.desired;

import dev.finetune.api.FineTuneJobSpec;
import dev.finetune.api.Json;
import dev.finetune.api.ResolvedSettings;
import dev.finetune.api.run.Plan;
import dev.finetune.api.run.Stage;
import dev.finetune.operator.Profile;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.OwnerReference;
import org.jspecify.annotations.Nullable;

/**
 * One run of one stage: all that its children are built from.
 *
 * @param owner metadata of the FineTuneJob
 * @param backoffLimit failures that are left
 * @param activeSeconds active time that is left; absent = no bound
 */
public record StageRun(
        ObjectMeta owner,
        FineTuneJobSpec spec,
        ResolvedSettings resolved,
        Profile profile,
        Plan plan,
        int backoffLimit,
        @Nullable Long activeSeconds) {

    /** The stage. */
    public Stage stage() {
        return plan.stage();
    }

    /** The name of the Job. */
    public String jobName() {
        return Names.stageJob(owner.getName(), plan.stage(), plan.run());
    }

    /** The name of the plan's ConfigMap. */
    public String planName() {
        return Names.plan(owner.getName(), plan.stage(), plan.run());
    }

    /** The digest of the plan's bytes as the pod reads them. */
    public String planDigest() {
        return Json.digest(plan);
    }

    /** What makes a child ours. */
    public OwnerReference reference() {
        return Ownership.reference("FineTuneJob", owner);
    }
}
