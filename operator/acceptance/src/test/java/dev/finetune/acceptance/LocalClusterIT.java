package dev.finetune.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the other tests take for granted of the local cluster. */
class LocalClusterIT {
    @RegisterExtension
    static final LocalCluster CLUSTER = LocalCluster.node();

    private static String namespace = "";

    @BeforeAll
    static void makeNamespace() {
        namespace = CLUSTER.newNamespace("local-cluster");
    }

    @Test
    void aPodFindsAServiceByNameAndWritesToADynamicVolumeAsItsGroup() {
        create(pod("web", "mkdir /tmp/web; echo hello > /tmp/web/index.html; httpd -f -p 8080 -h /tmp/web")
                .editMetadata()
                .addToLabels("app", "web")
                .endMetadata()
                .build());
        CLUSTER.client()
                .resource(new ServiceBuilder()
                        .withNewMetadata()
                        .withName("web")
                        .withNamespace(namespace)
                        .endMetadata()
                        .withNewSpec()
                        .addToSelector("app", "web")
                        .addNewPort()
                        .withPort(80)
                        .withTargetPort(new IntOrString(8080))
                        .endPort()
                        .endSpec()
                        .build())
                .create();
        CLUSTER.newClaim(namespace, "data");

        // Until the server listens, wget tells why it got nothing; a pod's log has that, too.
        String fetch = "until wget -q -O /data/got http://web 2>/dev/null; do sleep 0.2; done; "
                + "stat -c '%u:%g' /data/got; cat /data/got";
        create(pod("client", fetch)
                .editSpec()
                .addNewVolume()
                .withName("data")
                .withNewPersistentVolumeClaim("data", false)
                .endVolume()
                .editFirstContainer()
                .addNewVolumeMount()
                .withName("data")
                .withMountPath("/data")
                .endVolumeMount()
                .endContainer()
                .endSpec()
                .build());

        eventually().untilAsserted(() -> assertThat(phase("client")).isEqualTo("Succeeded"));
        assertThat(CLUSTER.client()
                        .pods()
                        .inNamespace(namespace)
                        .withName("client")
                        .getLog())
                .isEqualTo("10001:10001\nhello\n");
        thenDeletingTheClaimRemovesTheFolder();
    }

    private static void thenDeletingTheClaimRemovesTheFolder() {
        var claims =
                CLUSTER.client().persistentVolumeClaims().inNamespace(namespace).withName("data");
        var volumes = CLUSTER.client().persistentVolumes();
        String volume = claims.get().getSpec().getVolumeName();
        Path folder =
                Path.of(volumes.withName(volume).get().getSpec().getLocal().getPath());
        assertThat(folder).isDirectory();

        CLUSTER.client().pods().inNamespace(namespace).withName("client").delete();
        claims.delete();

        eventually().until(() -> volumes.withName(volume).get() == null && !Files.exists(folder));
    }

    @Test
    void gpusAreScheduledAsFarAsTheyGo() {
        create(withGpus("one", 1));
        create(withGpus("too-many", LocalCluster.GPUS + 1));

        eventually().untilAsserted(() -> assertThat(phase("one")).isEqualTo("Succeeded"));
        eventually()
                .untilAsserted(() -> assertThat(get("too-many").getStatus().getConditions())
                        .extracting(PodCondition::getMessage)
                        .anySatisfy(message -> assertThat(message).contains("Insufficient nvidia.com/gpu")));
    }

    @Test
    void aMemoryLimitKills() {
        create(pod("greedy", "tail /dev/zero")
                .editSpec()
                .editFirstContainer()
                .withNewResources()
                .addToLimits("memory", new Quantity("32Mi"))
                .endResources()
                .endContainer()
                .endSpec()
                .build());

        eventually()
                .untilAsserted(() -> assertThat(get("greedy")
                                .getStatus()
                                .getContainerStatuses()
                                .getFirst()
                                .getState()
                                .getTerminated()
                                .getReason())
                        .isEqualTo("OOMKilled"));
    }

    @Test
    void podSecurityRefusesRoot() {
        Pod root = pod("root", "true")
                .editSpec()
                .editSecurityContext()
                .withRunAsNonRoot(false)
                .endSecurityContext()
                .endSpec()
                .build();

        assertThatThrownBy(() -> create(root))
                .isInstanceOf(KubernetesClientException.class)
                .hasMessageContaining("violates PodSecurity");
    }

    private static Pod withGpus(String name, int gpus) {
        return pod(name, "true")
                .editSpec()
                .editFirstContainer()
                .withNewResources()
                .addToLimits("nvidia.com/gpu", new Quantity(String.valueOf(gpus)))
                .endResources()
                .endContainer()
                .endSpec()
                .build();
    }

    /** A pod under the restricted standard that runs a shell command once. */
    private static PodBuilder pod(String name, String command) {
        return new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace(namespace)
                .endMetadata()
                .withNewSpec()
                .withRestartPolicy("Never")
                .withTerminationGracePeriodSeconds(1L)
                .withNewSecurityContext()
                .withRunAsNonRoot(true)
                .withRunAsUser(10001L)
                .withRunAsGroup(10001L)
                .withFsGroup(10001L)
                .withNewSeccompProfile()
                .withType("RuntimeDefault")
                .endSeccompProfile()
                .endSecurityContext()
                .addNewVolume()
                .withName("tmp")
                .withNewEmptyDir()
                .endEmptyDir()
                .endVolume()
                .addNewContainer()
                .withName("main")
                .withImage("localhost/toolbox:1")
                .withCommand("sh", "-c", command)
                .addNewVolumeMount()
                .withName("tmp")
                .withMountPath("/tmp")
                .endVolumeMount()
                .withNewSecurityContext()
                .withAllowPrivilegeEscalation(false)
                .withReadOnlyRootFilesystem(true)
                .withNewCapabilities()
                .addToDrop("ALL")
                .endCapabilities()
                .endSecurityContext()
                .endContainer()
                .endSpec();
    }

    private static void create(Pod pod) {
        CLUSTER.client().resource(pod).create();
    }

    private static Pod get(String name) {
        return CLUSTER.client().pods().inNamespace(namespace).withName(name).get();
    }

    private static String phase(String name) {
        return get(name).getStatus().getPhase();
    }

    private static ConditionFactory eventually() {
        return Eventually.eventually(Duration.ofMinutes(2));
    }
}
