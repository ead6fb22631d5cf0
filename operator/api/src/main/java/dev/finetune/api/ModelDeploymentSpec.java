package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** What a user asks to have served, and how a new version takes over. */
public record ModelDeploymentSpec(
        @Nullable ModelReference model,
        @Nullable String approvedDigest,
        @Nullable String profile,
        @Nullable Integer replicas,
        @Nullable ServerSettings server,
        @Nullable DeploymentStrategy strategy,
        @Nullable Integer progressDeadlineSeconds,
        @Nullable Integer revisionHistoryLimit,
        @Nullable String rollbackTo,
        @Nullable PodTemplate podTemplate) {}
