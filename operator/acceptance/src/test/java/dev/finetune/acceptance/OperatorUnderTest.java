package dev.finetune.acceptance;

import dev.finetune.operator.OperatorConfig;
import dev.finetune.operator.OperatorProcess;
import dev.finetune.operator.kube.LenientClient;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.Interceptor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;

/**
 * The operator in this JVM, against a real API server, with the rights of the chart and no others: it speaks as the service
 * account that the chart binds its roles to.
 */
public final class OperatorUnderTest implements AutoCloseable {
    private static final String ACCOUNT = "finetune-operator";

    private final OperatorProcess process;

    private final Queue<String> writes;

    private OperatorUnderTest(OperatorProcess process, Queue<String> writes) {
        this.process = process;
        this.writes = writes;
    }

    /** Every request so far that was to change something: method and path. */
    public List<String> writes() {
        return List.copyOf(writes);
    }

    /** Installs the kinds and the chart's roles, and starts an operator that watches that namespace only. */
    public static OperatorUnderTest start(LocalCluster cluster, String namespace, String configuration) {
        return start(cluster, namespace, configuration, Clock.systemUTC());
    }

    /** The same, with a clock that the test sets. */
    public static OperatorUnderTest start(LocalCluster cluster, String namespace, String configuration, Clock clock) {
        install(cluster, namespace);
        return startOnWhatIsInstalled(cluster, namespace, configuration, clock);
    }

    /** The same, with the kinds and roles as they are. */
    public static OperatorUnderTest startOnWhatIsInstalled(
            LocalCluster cluster, String namespace, String configuration) {
        return startOnWhatIsInstalled(cluster, namespace, configuration, Clock.systemUTC());
    }

    private static OperatorUnderTest startOnWhatIsInstalled(
            LocalCluster cluster, String namespace, String configuration, Clock clock) {
        OperatorConfig config = OperatorConfig.parse(
                "test configuration",
                configuration + "\nnamespaces: [" + namespace + "]\nport: 0\n",
                Map.of("POD_NAME", "operator-under-test"));
        Queue<String> writes = new ConcurrentLinkedQueue<>();
        OperatorProcess process = new OperatorProcess(config, client(cluster, namespace, writes), clock);
        process.start();
        return new OperatorUnderTest(process, writes);
    }

    /** The kinds and the chart's roles in that namespace. */
    public static void install(LocalCluster cluster, String namespace) {
        KubernetesClient admin = cluster.client();
        crds(cluster).forEach(file -> apply(admin, read(file)));
        apply(
                admin,
                cluster.helm(
                        "template",
                        ACCOUNT,
                        cluster.checkout().resolve("charts/finetune-operator").toString(),
                        "--namespace",
                        namespace,
                        "--kube-version=1.35.0",
                        "--show-only",
                        "templates/rbac.yaml",
                        "--set",
                        "image=operator,trainer.image=trainer,watch.namespaces={" + namespace + "}"));
        org.awaitility.Awaitility.await("the kinds are served").until(() -> {
            try {
                admin.genericKubernetesResources("finetune.dev/v1alpha1", "FineTuneJob")
                        .inNamespace(namespace)
                        .list();
                return true;
            } catch (io.fabric8.kubernetes.client.KubernetesClientException e) {
                return false;
            }
        });
    }

    /** A client with the operator's rights. */
    public static KubernetesClient client(LocalCluster cluster, String namespace, Queue<String> writes) {
        Config config = Config.fromKubeconfig(cluster.kubeconfigFile().toFile());
        config.setImpersonateUsername("system:serviceaccount:" + namespace + ":" + ACCOUNT);
        config.setImpersonateGroups(
                "system:serviceaccounts", "system:serviceaccounts:" + namespace, "system:authenticated");
        return LenientClient.create(
                config,
                http -> http.addOrReplaceInterceptor("recorder", new Interceptor() {
                    @Override
                    public void before(BasicBuilder builder, HttpRequest request, RequestTags tags) {
                        if (!request.method().equals("GET")) {
                            writes.add(request.method() + " " + request.uri().getPath());
                        }
                    }
                }));
    }

    /** The port of {@code /livez}, {@code /readyz} and {@code /metrics}. */
    public int port() {
        return process.port();
    }

    @Override
    public void close() {
        process.close();
    }

    private static void apply(KubernetesClient admin, String yaml) {
        List<HasMetadata> objects = admin.load(
                        new java.io.ByteArrayInputStream(yaml.getBytes(java.nio.charset.StandardCharsets.UTF_8)))
                .items();
        objects.forEach(object -> admin.resource(object).forceConflicts().serverSideApply());
    }

    private static List<Path> crds(LocalCluster cluster) {
        try (Stream<Path> files = Files.list(cluster.checkout().resolve("crds"))) {
            return files.filter(f -> f.getFileName().toString().startsWith("finetune.dev_"))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
