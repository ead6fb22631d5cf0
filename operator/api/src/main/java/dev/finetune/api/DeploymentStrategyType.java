package dev.finetune.api;

/** How a new version takes over. */
public enum DeploymentStrategyType {
    /** At full strength beside the old one, then the traffic moves. */
    RollingUpdate
}
