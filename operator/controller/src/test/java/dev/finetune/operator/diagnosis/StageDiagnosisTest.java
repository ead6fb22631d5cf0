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
        assertThat(StageDiagnosis.of(waiting(reason), List.of(), NOW)).hasValueSatisfying(d -> {
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
        assertThat(StageDiagnosis.of(null, List.of(event("FailedCreate", message)), NOW))
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
                        NOW))
                .hasValueSatisfying(d -> assertThat(d.type()).isEqualTo(FailureClass.StorageUnavailable));
        assertThat(StageDiagnosis.of(waiting("ContainerCreating"), List.of(), NOW))
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
        assertThat(StageDiagnosis.of(pod, List.of(), NOW)).hasValueSatisfying(d -> {
            assertThat(d.type()).isEqualTo(FailureClass.NodeLost);
            assertThat(d.message()).contains("p", "n1");
        });
        assertThat(StageDiagnosis.isLost(pod, NOW.minusSeconds(30))).isFalse();
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
