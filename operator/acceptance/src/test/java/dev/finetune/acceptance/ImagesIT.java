package dev.finetune.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Both images under Pod Security restricted, with a root that can't be written. */
class ImagesIT {
    @RegisterExtension
    static final LocalCluster CLUSTER = LocalCluster.node();

    private static Installation.Images images = new Installation.Images("", "");
    private static String namespace = "";

    @BeforeAll
    static void buildAndLoad() {
        images = Installation.loadImages(CLUSTER);
        namespace = CLUSTER.newNamespace("images");
    }

    @Test
    void theTrainerStarts() {
        assertThat(end("trainer", images.trainer(), List.of(), List.of("--help"))
                        .getExitCode())
                .isZero();
        assertThat(log("trainer")).contains("Exit codes");
    }

    @Test
    void theOperatorStartsFromItsCache() {
        ContainerStateTerminated end =
                end("operator", images.operator(), List.of(), List.of("--check", "/app/check.yaml"));

        assertThat(end.getExitCode()).isZero();
        // A cache that doesn't fit the jars or the flags is reported by the JVM in its own format.
        assertThat(log("operator").lines()).allMatch(line -> line.startsWith("{"));
    }

    @Test
    void thereIsNoShell() {
        assertThat(end("shell", images.trainer(), List.of("/bin/sh"), List.of("-c", "true"))
                        .getReason())
                .isEqualTo("StartError");
    }

    private static ContainerStateTerminated end(
            String name, String image, List<String> command, List<String> arguments) {
        CLUSTER.client().resource(pod(name, image, command, arguments)).create();
        return Eventually.eventually(Duration.ofMinutes(2))
                .alias(name)
                .until(
                        () -> CLUSTER.client()
                                .pods()
                                .inNamespace(namespace)
                                .withName(name)
                                .get()
                                .getStatus()
                                .getContainerStatuses()
                                .getFirst()
                                .getState()
                                .getTerminated(),
                        terminated -> terminated != null);
    }

    private static String log(String name) {
        return CLUSTER.client().pods().inNamespace(namespace).withName(name).getLog();
    }

    /** No runAsUser: the image's own user must be acceptable. */
    private static Pod pod(String name, String image, List<String> command, List<String> arguments) {
        return new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace(namespace)
                .endMetadata()
                .withNewSpec()
                .withRestartPolicy("Never")
                .withNewSecurityContext()
                .withRunAsNonRoot(true)
                .withNewSeccompProfile()
                .withType("RuntimeDefault")
                .endSeccompProfile()
                .endSecurityContext()
                .addNewContainer()
                .withName("main")
                .withImage(image)
                .withCommand(command)
                .withArgs(arguments)
                .withNewSecurityContext()
                .withAllowPrivilegeEscalation(false)
                .withReadOnlyRootFilesystem(true)
                .withNewCapabilities()
                .addToDrop("ALL")
                .endCapabilities()
                .endSecurityContext()
                .endContainer()
                .endSpec()
                .build();
    }
}
