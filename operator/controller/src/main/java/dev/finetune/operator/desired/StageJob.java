package dev.finetune.operator.desired;

import static dev.finetune.operator.desired.RestrictedPod.blankToNull;
import static dev.finetune.operator.desired.RestrictedPod.orEmpty;

import dev.finetune.api.PodTemplate;
import dev.finetune.api.run.ExitCode;
import dev.finetune.api.run.PodPaths;
import dev.finetune.api.run.Stage;
import dev.finetune.operator.Profile;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.PodFailurePolicy;
import io.fabric8.kubernetes.api.model.batch.v1.PodFailurePolicyBuilder;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The Job of one run of a stage. Created once, never edited. */
public final class StageJob {
    /** The name of the container. */
    public static final String CONTAINER = "finetune";

    private static final long GRACE_SECONDS = 30;
    private static final long CHECKPOINT_GRACE_SECONDS = 120;

    private StageJob() {}

    /**
     * The Job.
     *
     * @throws IllegalArgumentException with the field's path, where profile or podTemplate hold what core/v1 does not take
     */
    public static Job of(StageRun run) {
        Map<String, String> labels = Labels.ofJob(run.owner().getName());
        labels.put(Labels.STAGE, run.stage().name());
        labels.put(Labels.RUN, Integer.toString(run.plan().run()));
        Map<String, String> jobLabels = new TreeMap<>(labels);
        String queue = queue(run);
        if (queue != null && !queue.isBlank()) {
            jobLabels.put(Labels.QUEUE, queue);
        }
        PodTemplate template = run.spec().podTemplate();
        Map<String, String> podLabels = new TreeMap<>(orEmpty(template == null ? null : template.labels()));
        podLabels.putAll(labels);
        return new JobBuilder()
                .withNewMetadata()
                .withName(run.jobName())
                .withNamespace(run.owner().getNamespace())
                .withLabels(jobLabels)
                .addToAnnotations(Labels.PLAN_DIGEST, run.planDigest())
                .withOwnerReferences(run.reference())
                .endMetadata()
                .withNewSpec()
                .withBackoffLimit(run.backoffLimit())
                .withActiveDeadlineSeconds(run.activeSeconds())
                .withPodReplacementPolicy("Failed")
                .withPodFailurePolicy(podFailurePolicy())
                .withNewTemplate()
                .withNewMetadata()
                .withLabels(podLabels)
                .withAnnotations(orEmpty(template == null ? null : template.annotations()))
                .endMetadata()
                .withSpec(pod(run))
                .endTemplate()
                .endSpec()
                .build();
    }

    /** Exit codes of ours end the Job; disruptions and saved stops do not count; the rest counts. The order matters. */
    private static PodFailurePolicy podFailurePolicy() {
        return new PodFailurePolicyBuilder()
                .addNewRule()
                .withAction("FailJob")
                .withNewOnExitCodes()
                .withOperator("In")
                .withValues(
                        ExitCode.USER_ERROR.code(),
                        ExitCode.OUT_OF_MEMORY.code(),
                        ExitCode.DIVERGED.code(),
                        ExitCode.STORAGE.code(),
                        ExitCode.SOURCE_UNAVAILABLE.code())
                .endOnExitCodes()
                .endRule()
                .addNewRule()
                .withAction("Ignore")
                .addNewOnPodCondition("True", "DisruptionTarget")
                .endRule()
                .addNewRule()
                .withAction("Ignore")
                .withNewOnExitCodes()
                .withOperator("In")
                .withValues(ExitCode.TERMINATED.code())
                .endOnExitCodes()
                .endRule()
                .build();
    }

    private static @Nullable String queue(StageRun run) {
        Profile.Queues queues = run.profile().queues();
        return switch (run.stage()) {
            case prepare -> queues == null ? null : queues.prepare();
            case train -> orEmpty(run.owner().getLabels()).get(Labels.QUEUE);
            case evaluate -> queues == null ? null : queues.evaluate();
        };
    }

    private static PodSpec pod(StageRun run) {
        PodTemplate template = run.spec().podTemplate();
        Profile profile = run.profile();
        Placement placement =
                run.stage() == Stage.train || !isShared(profile) ? Placement.of(profile, template) : Placement.ANYWHERE;
        StageVolumes volumes = StageVolumes.of(run);
        return RestrictedPod.of(profile, template, placement)
                .withRestartPolicy("Never")
                .withTerminationGracePeriodSeconds(
                        run.stage() == Stage.train ? CHECKPOINT_GRACE_SECONDS : GRACE_SECONDS)
                .withRuntimeClassName(run.stage() == Stage.train ? blankToNull(profile.runtimeClassName()) : null)
                .withContainers(container(run, volumes))
                .withVolumes(volumes.volumes())
                .build();
    }

    private static Container container(StageRun run, StageVolumes volumes) {
        List<String> arguments = new ArrayList<>(
                List.of(run.stage().name(), "--plan", PodPaths.PLAN, "--workspace", PodPaths.WORKSPACE));
        if (run.stage() != Stage.train) {
            arguments.addAll(List.of("--output", PodPaths.STORE));
        }
        return new ContainerBuilder()
                .withName(CONTAINER)
                .withImage(Objects.requireNonNull(run.resolved().image()))
                .withImagePullPolicy(blankToNull(run.profile().imagePullPolicy()))
                .withArgs(arguments)
                .withEnv(environment(run, volumes))
                .withResources(
                        Resources.of(run.stage(), run.profile(), run.spec().podTemplate()))
                // A process that dies without a word leaves its last log lines instead.
                .withTerminationMessagePolicy("FallbackToLogsOnError")
                .withSecurityContext(RestrictedPod.container())
                .withVolumeMounts(volumes.mounts())
                .build();
    }

    private static List<EnvVar> environment(StageRun run, StageVolumes volumes) {
        List<EnvVar> environment = new ArrayList<>();
        orEmpty(run.profile().env()).forEach((name, value) -> environment.add(new EnvVar(name, value, null)));
        Profile.Cache cache = run.profile().cache();
        if (volumes.hasCache() && cache != null) {
            environment.add(new EnvVar(PodPaths.CACHE_VARIABLE, PodPaths.CACHE, null));
            if (cache.maxSize() != null) {
                String bytes = Quantity.getAmountInBytes(new Quantity(cache.maxSize()))
                        .setScale(0, RoundingMode.DOWN)
                        .toPlainString();
                environment.add(new EnvVar(PodPaths.CACHE_BYTES_VARIABLE, bytes, null));
            }
        }
        environment.add(new EnvVar("FINETUNE_PLAN_DIGEST", run.planDigest(), null));
        environment.add(new EnvVarBuilder()
                .withName("POD_UID")
                .withNewValueFrom()
                .withNewFieldRef()
                .withFieldPath("metadata.uid")
                .endFieldRef()
                .endValueFrom()
                .build());
        return environment;
    }

    private static boolean isShared(Profile profile) {
        Profile.Workspace workspace = profile.workspace();
        return workspace != null
                && workspace.accessModes() != null
                && workspace.accessModes().contains("ReadWriteMany");
    }
}
