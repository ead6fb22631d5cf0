package dev.finetune.operator;

import dev.finetune.operator.deployment.ModelDeploymentReconciler;
import dev.finetune.operator.job.FineTuneJobReconciler;
import dev.finetune.operator.kube.Applier;
import dev.finetune.operator.kube.EventRecorder;
import dev.finetune.operator.kube.LenientClient;
import dev.finetune.operator.telemetry.HealthServer;
import dev.finetune.operator.telemetry.ReconcileMetrics;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.VersionInfo;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.api.config.Cloner;
import io.javaoperatorsdk.operator.api.config.ConfigurationServiceOverrider;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfigurationBuilder;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.processing.retry.GenericRetry;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The wired operator: both reconcilers, the lease, the health port. One object per process; tests make several. */
public final class OperatorProcess implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(OperatorProcess.class);
    private static final int THREADS = 2;
    private static final int OLDEST_MINOR = 32;
    private static final Duration RESYNC = Duration.ofMinutes(10);
    private static final Duration FIRST_RETRY = Duration.ofMillis(500);
    private static final Duration LONGEST_RETRY = Duration.ofMinutes(1);

    private final OperatorConfig config;
    private final KubernetesClient client;
    private final Operator operator;
    private final HealthServer health;

    /** The cluster is too old. */
    public static final class UnsupportedCluster extends RuntimeException {
        private static final long serialVersionUID = 1L;

        UnsupportedCluster(VersionInfo version) {
            super("Kubernetes 1.%d or newer is needed, this cluster is %s.%s"
                    .formatted(OLDEST_MINOR, version.getMajor(), version.getMinor()));
        }
    }

    /** Wires everything and begins to answer probes; nothing is watched before {@link #start()}. */
    public OperatorProcess(OperatorConfig config, KubernetesClient client, Clock clock) {
        this.config = config;
        this.client = client;
        PrometheusMeterRegistry metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        new JvmMemoryMetrics().bindTo(metrics);
        new JvmThreadMetrics().bindTo(metrics);
        this.operator = new Operator(settings -> settings(settings, new ReconcileMetrics(metrics)));
        Applier applier = new Applier(client, new EventRecorder(client, clock, config.instance()));
        register(new FineTuneJobReconciler(config, client, applier, clock));
        register(new ModelDeploymentReconciler(config, client, applier, clock));
        this.health = HealthServer.start(config.port(), this::isLive, this::isReady, metrics);
    }

    /** Waits for the lease, fills the caches, and works until closed. */
    public void start() {
        VersionInfo version = client.getKubernetesVersion();
        LOG.atInfo().addKeyValue("kubernetes", version.getGitVersion()).log("starting");
        if ("1".equals(version.getMajor())
                && Integer.parseInt(version.getMinor().replaceAll("\\D", "")) < OLDEST_MINOR) {
            throw new UnsupportedCluster(version);
        }
        operator.start();
    }

    /** The port of {@code /livez}, {@code /readyz} and {@code /metrics}. */
    public int port() {
        return health.port();
    }

    @Override
    public void close() {
        operator.stop();
        health.close();
        client.close();
    }

    private void settings(ConfigurationServiceOverrider settings, ReconcileMetrics metrics) {
        settings.withKubernetesClient(client)
                .withCloseClientOnStop(false)
                .withResourceCloner(copier())
                .checkingCRDAndValidateLocalModel(false)
                .withConcurrentReconciliationThreads(THREADS)
                .withConcurrentWorkflowExecutorThreads(THREADS)
                .withReconciliationTerminationTimeout(Duration.ofSeconds(5))
                .withPreviousAnnotationForDependentResources(false)
                .withParseResourceVersions(true)
                .withMetrics(metrics);
        OperatorConfig.LeaderElection lease = config.leaderElection();
        if (lease.enabled()) {
            settings.withLeaderElectionConfiguration(
                    LeaderElectionConfigurationBuilder.aLeaderElectionConfiguration(lease.name())
                            .withLeaseNamespace(lease.namespace())
                            .withIdentity(config.instance())
                            .withLeaseDuration(OperatorConfig.LeaderElection.LEASE)
                            .withRenewDeadline(Duration.ofSeconds(6))
                            .withRetryPeriod(Duration.ofSeconds(2))
                            .build());
        }
    }

    private Cloner copier() {
        return new Cloner() {
            @Override
            public <R extends HasMetadata> R clone(R object) {
                return LenientClient.copy(client.getKubernetesSerialization(), object);
            }
        };
    }

    private <R extends HasMetadata> void register(Reconciler<R> reconciler) {
        operator.register(reconciler, controller -> {
            if (config.namespaces().isEmpty()) {
                controller.watchingAllNamespaces();
            } else {
                controller.settingNamespaces(config.namespaces());
            }
            controller
                    .withReconciliationMaxInterval(RESYNC)
                    .withRetry(new GenericRetry()
                            .withoutMaxAttempts()
                            .setInitialInterval(FIRST_RETRY)
                            .setMaxInterval(LONGEST_RETRY.toMillis()));
        });
    }

    private boolean isLive() {
        return !operator.getRuntimeInfo().isStarted()
                || operator.getRuntimeInfo().allEventSourcesAreHealthy();
    }

    private boolean isReady() {
        return operator.getRuntimeInfo().isStarted()
                && operator.getRuntimeInfo().allEventSourcesAreHealthy();
    }
}
