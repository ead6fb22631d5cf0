package dev.finetune.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What serves, what is on its way, what was refused. */
public record ModelDeploymentStatus(
        @Nullable Long observedGeneration,
        @Nullable List<Condition> conditions,
        @Nullable String url,
        @Nullable Integer replicas,
        @Nullable Integer readyReplicas,
        @Nullable String selector,
        @Nullable ModelVersion stable,
        @Nullable ModelVersion canary,
        @Nullable List<RejectedVersion> rejected,
        @Nullable List<ModelVersion> history,
        @Nullable DeploymentFailure lastFailure) {}
