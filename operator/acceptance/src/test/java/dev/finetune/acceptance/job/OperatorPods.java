package dev.finetune.acceptance.job;

import dev.finetune.acceptance.ContainerProcess;
import dev.finetune.acceptance.Installation;
import dev.finetune.acceptance.LocalCluster;
import dev.finetune.operator.OperatorConfig;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodList;
import io.fabric8.kubernetes.client.dsl.FilterWatchListDeletable;
import io.fabric8.kubernetes.client.dsl.PodResource;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.awaitility.Awaitility;

/** The pods of the installed operator, and who of them holds the lease. */
final class OperatorPods {
    /** What the operator may take to be back: a new JVM, and the lease of one that is gone for good. */
    static final Duration BACK = OperatorConfig.LeaderElection.LEASE.plus(Duration.ofMinutes(2));

    private static final String NAME = "finetune-operator";

    private final LocalCluster cluster;

    OperatorPods(LocalCluster cluster) {
        this.cluster = cluster;
    }

    /** Those that are not about to be gone. */
    List<Pod> all() {
        return operators().list().getItems().stream()
                .filter(p -> p.getMetadata().getDeletionTimestamp() == null)
                .toList();
    }

    /** Waits for a container that runs. */
    Pod awaitRunning() {
        return Awaitility.await("an operator runs")
                .atMost(BACK)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(100))
                .until(
                        () -> all().stream()
                                .filter(p -> ContainerProcess.of(p).isPresent())
                                .findFirst(),
                        Optional::isPresent)
                .orElseThrow();
    }

    /** Changes the number of replicas and waits until there are so many, all ready. */
    void scale(int replicas) {
        cluster.kubectl(
                "scale", "--namespace=" + Installation.NAMESPACE, "deployment/" + NAME, "--replicas=" + replicas);
        awaitReady();
        Awaitility.await(replicas + " operators")
                .atMost(BACK)
                .until(() -> operators().list().getItems().size() == replicas);
    }

    /** Waits until all replicas are ready. */
    void awaitReady() {
        cluster.kubectl(
                "rollout", "status", "--namespace=" + Installation.NAMESPACE, "deployment/" + NAME, "--timeout=3m");
    }

    /** The pod that the lease names. */
    String holder() {
        var lease = cluster.client()
                .leases()
                .inNamespace(Installation.NAMESPACE)
                .withName(NAME)
                .get();
        return lease == null || lease.getSpec().getHolderIdentity() == null
                ? ""
                : lease.getSpec().getHolderIdentity();
    }

    /** Removes the pod's object, so that no container is started again under its name. */
    void remove(Pod pod) {
        cluster.client().resource(pod).withGracePeriod(0).delete();
    }

    /** What that pod logged. */
    String log(String pod) {
        return cluster.client()
                .pods()
                .inNamespace(Installation.NAMESPACE)
                .withName(pod)
                .getLog();
    }

    private FilterWatchListDeletable<Pod, PodList, PodResource> operators() {
        return cluster.client().pods().inNamespace(Installation.NAMESPACE).withLabel("app.kubernetes.io/name", NAME);
    }
}
