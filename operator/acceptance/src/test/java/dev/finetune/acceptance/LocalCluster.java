package dev.finetune.acceptance;

import dev.finetune.operator.kube.LenientClient;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A real Kubernetes for the tests of a class: {@code @RegisterExtension static final LocalCluster CLUSTER = LocalCluster.node();}
 *
 * <p>Started by the first class of a run that wants it, shared by all later ones, and stopped at the end of the run if it
 * was started by it. Where it can't run (no Linux, no root) the tests are skipped, and a line says so.
 *
 * <p>{@code FINETUNE_CLUSTER=keep} leaves it running for the next run; {@code FINETUNE_CLUSTER=/path/to/cluster} takes the
 * cluster of another checkout's script.
 */
public final class LocalCluster implements BeforeAllCallback, AfterAllCallback {
    /** What the node advertises as {@code nvidia.com/gpu}. */
    public static final int GPUS = 4;

    private static final ExtensionContext.Namespace STORE = ExtensionContext.Namespace.create(LocalCluster.class);
    private static final String SETTING = Objects.requireNonNullElse(System.getenv("FINETUNE_CLUSTER"), "");

    private enum Flavour {
        NODE(List.of(), List.of("up", "--gpus", String.valueOf(GPUS))),
        CONTROL_PLANE(List.of("--control-plane"), List.of("up"));

        private final List<String> options;
        private final List<String> up;

        Flavour(List<String> options, List<String> up) {
            this.options = options;
            this.up = up;
        }
    }

    private final Flavour flavour;
    private final List<String> namespaces = new ArrayList<>();
    private @Nullable Running running;

    private LocalCluster(Flavour flavour) {
        this.flavour = flavour;
    }

    /** With a node: controllers, scheduler, pods, volumes, DNS, Services and {@value #GPUS} GPUs that only scheduling sees. */
    public static LocalCluster node() {
        return new LocalCluster(Flavour.NODE);
    }

    /** API server and etcd only: up in three seconds; nothing is scheduled, collected or deleted in cascade. */
    public static LocalCluster controlPlane() {
        return new LocalCluster(Flavour.CONTROL_PLANE);
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        Running found = context.getRoot()
                .getStore(STORE)
                .getOrComputeIfAbsent(flavour, wanted -> Running.start(flavour), Running.class);
        Assumptions.assumeTrue(found.refusal == null, found.refusal);
        running = found;
    }

    @Override
    public void afterAll(ExtensionContext context) {
        if (running != null && flavour == Flavour.NODE) {
            namespaces.forEach(name -> client().namespaces().withName(name).delete());
        }
    }

    /** A client with every right; not to be closed by the test. */
    public KubernetesClient client() {
        return running().client();
    }

    public Path kubeconfigFile() {
        return running().kubeconfig();
    }

    public String kubeconfig() {
        try {
            return Files.readString(kubeconfigFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What {@code kubectl} prints; it throws where kubectl fails. */
    public String kubectl(String... arguments) {
        return call("kubectl", arguments);
    }

    /** What {@code helm} prints; it throws where helm fails. */
    public String helm(String... arguments) {
        return call("helm", arguments);
    }

    /** The command that scripts call as kubectl. */
    public String kubectlCommand() {
        return String.join(" ", running().script.command("kubectl").toList());
    }

    private String call(String program, String... arguments) {
        List<String> words = new ArrayList<>(List.of(program));
        words.addAll(List.of(arguments));
        return running().script.run(words.toArray(String[]::new)).outputOrThrow();
    }

    /** The folder of the checkout. */
    public Path checkout() {
        return running().script.script().getParent().getParent().getParent();
    }

    /** Imports the images of a docker or OCI archive. */
    public void load(Path archive) {
        running().script.run("load", archive.toString()).outputOrThrow();
    }

    /** A new namespace under Pod Security {@code restricted}, removed after the class. */
    public String newNamespace(String prefix) {
        String name = prefix + "-"
                + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());
        client().namespaces()
                .resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .addToLabels("pod-security.kubernetes.io/enforce", "restricted")
                        .endMetadata()
                        .build())
                .create();
        namespaces.add(name);
        if (flavour == Flavour.NODE) {
            // Pods are refused before their namespace has it.
            Awaitility.await("default service account of " + name)
                    .until(() -> client().serviceAccounts()
                                    .inNamespace(name)
                                    .withName("default")
                                    .get()
                            != null);
        }
        return name;
    }

    /** A claim of 1Gi for one node at a time. */
    public void newClaim(String namespace, String name) {
        client().resource(new PersistentVolumeClaimBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .withNamespace(namespace)
                        .endMetadata()
                        .withNewSpec()
                        .withAccessModes("ReadWriteOnce")
                        .withNewResources()
                        .addToRequests("storage", new Quantity("1Gi"))
                        .endResources()
                        .endSpec()
                        .build())
                .create();
    }

    private Running running() {
        return Objects.requireNonNull(running, "the cluster is there from beforeAll on: register it in a static field");
    }

    /** The cluster of one flavour in this run, or the sentence that says why there is none. */
    private static final class Running implements AutoCloseable {
        private final ClusterScript script;
        private final boolean ours;
        private final @Nullable KubernetesClient client;
        private final @Nullable Path kubeconfig;
        private final @Nullable String refusal;

        private Running(
                ClusterScript script,
                boolean ours,
                @Nullable KubernetesClient client,
                @Nullable Path kubeconfig,
                @Nullable String refusal) {
            this.script = script;
            this.ours = ours;
            this.client = client;
            this.kubeconfig = kubeconfig;
            this.refusal = refusal;
        }

        static Running start(Flavour flavour) {
            String[] options = flavour.options.toArray(String[]::new);
            ClusterScript script = SETTING.startsWith("/")
                    ? new ClusterScript(Path.of(SETTING), flavour.options)
                    : ClusterScript.ofThisCheckout(options);
            boolean wasThere = script.run("status").exitCode() == 0;
            ClusterScript.Result up = script.run(flavour.up.toArray(String[]::new));
            if (up.exitCode() == ClusterScript.NOT_POSSIBLE_HERE) {
                String refusal = "SKIPPED: tests on a real cluster (" + flavour + "): "
                        + up.messages().strip();
                System.err.println(refusal);
                return new Running(script, false, null, null, refusal);
            }
            Path kubeconfig = Path.of(up.outputOrThrow());
            KubernetesClient client = LenientClient.create(Config.fromKubeconfig(kubeconfig.toFile()));
            return new Running(script, !wasThere, client, kubeconfig, null);
        }

        KubernetesClient client() {
            return Objects.requireNonNull(client);
        }

        Path kubeconfig() {
            return Objects.requireNonNull(kubeconfig);
        }

        @Override
        public void close() {
            if (client != null) {
                client.close();
            }
            if (ours && !SETTING.equals("keep")) {
                script.run("down").outputOrThrow();
            }
        }
    }
}
