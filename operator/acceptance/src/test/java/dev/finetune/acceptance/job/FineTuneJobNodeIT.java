package dev.finetune.acceptance.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.acceptance.Contended;
import dev.finetune.acceptance.Installation;
import dev.finetune.acceptance.LocalCluster;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuotaBuilder;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/** What only real controllers, a scheduler and a kubelet do: the installed product, in a namespace under `restricted`. */
@Order(4)
@ResourceLock(value = Contended.OPERATOR, mode = ResourceAccessMode.READ)
class FineTuneJobNodeIT {
    @RegisterExtension
    static final LocalCluster CLUSTER = LocalCluster.node();

    static final Duration SLOW = Duration.ofMinutes(3);

    static Stagehand stage;

    @BeforeAll
    static void install() {
        Installation.require(CLUSTER);
        stage = namespace();
    }

    @Test
    void aUsedUpQuotaIsShownAndWaitedFor() {
        Stagehand full = namespace();
        full.client
                .resource(new ResourceQuotaBuilder()
                        .withNewMetadata()
                        .withName("no-pods")
                        .withNamespace(full.namespace)
                        .endMetadata()
                        .withNewSpec()
                        .withHard(Map.of("pods", new Quantity("0")))
                        .endSpec()
                        .build())
                .create();
        full.submit("waiting", "");
        Awaitility.await("the quota is named")
                .atMost(SLOW)
                .until(() -> full.condition("waiting", "Ready")
                        .filter(c -> c.message().startsWith("QuotaExceeded")
                                && c.message().contains("no-pods"))
                        .isPresent());
        assertThat(full.condition("waiting", "Reconciling").orElseThrow().status())
                .isEqualTo("True");
        assertThat(full.condition("waiting", "Failed").orElseThrow().status()).isEqualTo("False");
    }

    @Test
    void deletionInTheMiddleLeavesNothing() {
        stage.submit("leaving", "");
        stage.awaitChild("leaving-prepare-1");
        CLUSTER.kubectl("delete", "ftj", "leaving", "-n", stage.namespace, "--wait=false");
        Awaitility.await("everything goes")
                .atMost(SLOW)
                .pollInterval(Duration.ofMillis(500))
                .until(() -> CLUSTER.kubectl(
                                "get",
                                "ftj,jobs,pods,configmaps,pvc",
                                "-n",
                                stage.namespace,
                                "-l",
                                "finetune.dev/job=leaving",
                                "-o",
                                "name")
                        .isBlank());
    }

    /** A namespace with the store and the data, and without the claim that holds the base model. */
    private static Stagehand namespace() {
        Stagehand made = new Stagehand(CLUSTER.client(), CLUSTER.newNamespace("ftj"));
        CLUSTER.newClaim(made.namespace, "models");
        made.client
                .resource(new ConfigMapBuilder()
                        .withNewMetadata()
                        .withName("reviews")
                        .withNamespace(made.namespace)
                        .endMetadata()
                        .addToData("train.csv", "review,rating\ngood,1\n")
                        .build())
                .create();
        return made;
    }
}
