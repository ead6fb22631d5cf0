package dev.finetune.operator.diagnosis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.api.FailureClass;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StageDiagnosisTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:10:00Z");

    @ParameterizedTest
    @CsvSource({
        "ErrImagePull, ImagePull, false",
        "ImagePullBackOff, ImagePull, false",
        "InvalidImageName, ImagePull, true",
        "ErrImageNeverPull, ImagePull, true",
        "CreateContainerConfigError, Internal, false",
    })
    void waitingReasonsOfContainers(String reason, FailureClass type, boolean terminal) {
        assertThat(StageDiagnosis.of(waiting(reason), List.of(), "small", NOW)).hasValueSatisfying(d -> {
            assertThat(d.type()).isEqualTo(type);
            assertThat(d.terminal()).isEqualTo(terminal);
            assertThat(d.message()).contains(reason, "because");
        });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "forbidden: error looking up service account team/x: serviceaccount \"x\" not found | InvalidSpec | true",
                "forbidden: no PriorityClass with name high was found | InvalidSpec | true",
                "forbidden: exceeded quota: team, requested: pods=1 | QuotaExceeded | false",
                "forbidden: violates PodSecurity \"restricted:latest\" | PolicyRefused | true",
                "admission webhook \"policy\" denied the request | PolicyRefused | true",
                "etcdserver: request timed out | Internal | false",
            })
    void eventsOfAJobWithoutPod(String message, FailureClass type, boolean terminal) {
        assertThat(StageDiagnosis.of(null, List.of(event("FailedCreate", message)), "small", NOW))
                .hasValueSatisfying(d -> {
                    assertThat(d.type()).isEqualTo(type);
                    assertThat(d.terminal()).isEqualTo(terminal);
                });
    }

    @Test
    void aPodThatIsBeingStartedIsAskedForItsMounts() {
        assertThat(StageDiagnosis.of(
                        waiting("ContainerCreating"),
                        List.of(event("Pulled", "x"), event("FailedMount", "no such volume")),
                        "small",
                        NOW))
                .hasValueSatisfying(d -> assertThat(d.type()).isEqualTo(FailureClass.StorageUnavailable));
        assertThat(StageDiagnosis.of(waiting("ContainerCreating"), List.of(), "small", NOW))
                .isEmpty();
    }

    @Test
    void aPodOverdueForAMinuteIsLost() {
        Pod pod = new PodBuilder()
                .withNewMetadata()
                .withName("p")
                .withDeletionTimestamp("2026-01-01T00:08:59Z")
                .endMetadata()
                .withNewSpec()
                .withNodeName("n1")
                .endSpec()
                .withNewStatus()
                .withPhase("Running")
                .endStatus()
                .build();
        assertThat(StageDiagnosis.of(pod, List.of(), "small", NOW)).hasValueSatisfying(d -> {
            assertThat(d.type()).isEqualTo(FailureClass.NodeLost);
            assertThat(d.message()).contains("p", "n1");
        });
        assertThat(StageDiagnosis.isLost(pod, NOW.minusSeconds(30))).isFalse();
    }

    @Test
    void aMissingCacheIsNamedWithTheProfileThatWantsIt() {
        assertThat(StageDiagnosis.of(unscheduled("/cache"), List.of(), "small", NOW))
                .contains(new Diagnosis(
                        FailureClass.StorageUnavailable,
                        "the claim shared, in which profile small keeps what jobs download, does not exist in this namespace: create it, or name a profile without a cache",
                        true));
        // The same claim as a source is what the job's owner named.
        assertThat(StageDiagnosis.of(unscheduled("/sources/pvc/shared"), List.of(), "small", NOW))
                .contains(new Diagnosis(
                        FailureClass.StorageUnavailable, "the claim shared does not exist in this namespace", true));
    }

    /** Waits for the claim named shared, which it mounts at that path. */
    private static Pod unscheduled(String path) {
        return new PodBuilder()
                .withNewMetadata()
                .withName("p")
                .endMetadata()
                .withNewSpec()
                .addNewContainer()
                .addNewVolumeMount()
                .withName("claim-1")
                .withMountPath(path)
                .endVolumeMount()
                .addNewVolumeMount()
                .withName("claim-2")
                .withMountPath("/store")
                .endVolumeMount()
                .endContainer()
                .addNewVolume()
                .withName("claim-1")
                .withNewPersistentVolumeClaim("shared", null)
                .endVolume()
                .addNewVolume()
                .withName("claim-2")
                .withNewPersistentVolumeClaim("models", null)
                .endVolume()
                .endSpec()
                .withNewStatus()
                .withPhase("Pending")
                .addNewCondition()
                .withType("PodScheduled")
                .withStatus("False")
                .withMessage("0/1 nodes are available: persistentvolumeclaim \"shared\" not found. not found")
                .endCondition()
                .endStatus()
                .build();
    }

    private static Pod waiting(String reason) {
        return new PodBuilder()
                .withNewMetadata()
                .withName("p")
                .endMetadata()
                .withNewStatus()
                .withPhase("Pending")
                .addNewContainerStatus()
                .withName("finetune")
                .withNewState()
                .withNewWaiting("because", reason)
                .endState()
                .endContainerStatus()
                .endStatus()
                .build();
    }

    private static Event event(String reason, String message) {
        return new EventBuilder().withReason(reason).withMessage(message).build();
    }
}
