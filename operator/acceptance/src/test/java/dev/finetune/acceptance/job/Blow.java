package dev.finetune.acceptance.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.acceptance.ContainerProcess;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.Optional;

/** What ends a pod that works, and how its container is then seen to have ended. */
enum Blow {
    /** SIGKILL: nothing is saved. */
    KILLED(137),
    /** SIGTERM: a checkpoint is saved. */
    TERMINATED(143),
    /** The Eviction API, as a drain uses it: SIGTERM, and the pod is deleted. */
    EVICTED(143),
    /** The kernel, at the memory limit. */
    STARVED(137);

    private final int exitCode;

    Blow(int exitCode) {
        this.exitCode = exitCode;
    }

    /** Whether the pod had the time to save where it was. */
    boolean saves() {
        return this == TERMINATED || this == EVICTED;
    }

    /** Strikes; false where the pod had ended before. */
    boolean strike(SmallJobs jobs, Pod pod) {
        if (this == EVICTED) {
            return jobs.client
                    .pods()
                    .inNamespace(jobs.namespace)
                    .withName(pod.getMetadata().getName())
                    .evict();
        }
        Optional<ContainerProcess> process = ContainerProcess.of(pod);
        return process.isPresent()
                && switch (this) {
                    case KILLED -> process.get().kill();
                    case TERMINATED -> process.get().terminate();
                    case STARVED -> process.get().starve();
                    case EVICTED -> false;
                };
    }

    /** Checks that the container ended by this and nothing else. */
    void verify(ContainerStateTerminated end, Pod pod) {
        assertThat(end.getExitCode()).as("exit code of %s", this).isEqualTo(exitCode);
        assertThat("OOMKilled".equals(end.getReason()))
                .as("reason %s of %s", end.getReason(), this)
                .isEqualTo(this == STARVED);
        assertThat(pod.getStatus().getConditions().stream()
                        .anyMatch(c -> c.getType().equals("DisruptionTarget")
                                && "EvictionByEvictionAPI".equals(c.getReason())))
                .as("evicted by the API")
                .isEqualTo(this == EVICTED);
    }
}
