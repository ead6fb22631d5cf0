package dev.finetune.operator;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Hardware and placement under a name, as the platform team states them in the chart's values.
 *
 * @param image image of every pod; absent = the operator's default
 * @param resources requests and limits of each container; the accelerator stands in {@code train} (and {@code server}) only
 * @param env environment of every container, e.g. to lift the pinned instruction set
 * @param cache where prepare keeps what it downloaded for other jobs; absent = nowhere
 * @param queues queue names for prepare and evaluate; train takes the FineTuneJob's own label
 * @param serviceAccounts what {@code podTemplate.serviceAccountName} may name
 * @param priorityClasses what {@code podTemplate.priorityClassName} may name
 */
public record Profile(
        @Nullable String image,
        @Nullable String imagePullPolicy,
        @Nullable List<String> imagePullSecrets,
        @Nullable String runtimeClassName,
        @Nullable Map<String, String> nodeSelector,
        @Nullable List<JsonNode> tolerations,
        @Nullable JsonNode affinity,
        @Nullable Resources resources,
        @Nullable Map<String, String> env,
        @Nullable Workspace workspace,
        @Nullable Cache cache,
        @Nullable Queues queues,
        @Nullable List<String> serviceAccounts,
        @Nullable List<String> priorityClasses) {

    /** Resource requirements of each kind of container, as in a pod. */
    public record Resources(
            @Nullable JsonNode prepare,
            @Nullable JsonNode train,
            @Nullable JsonNode evaluate,
            @Nullable JsonNode server) {}

    /** The claim that the stages of one job share. */
    public record Workspace(
            @Nullable String storageClassName,
            @Nullable List<String> accessModes,
            @Nullable String size) {}

    /** A claim of the job's namespace that all its jobs share; absent {@code maxSize} is all of the volume but a tenth. */
    public record Cache(
            @Nullable String claimName, @Nullable String maxSize) {}

    /** Queues of the stages that need no accelerator. */
    public record Queues(@Nullable String prepare, @Nullable String evaluate) {}
}
