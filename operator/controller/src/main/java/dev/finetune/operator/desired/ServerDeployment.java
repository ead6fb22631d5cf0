package dev.finetune.operator.desired;

import static dev.finetune.operator.desired.RestrictedPod.blankToNull;
import static dev.finetune.operator.desired.RestrictedPod.orEmpty;

import dev.finetune.api.Batching;
import dev.finetune.api.PodTemplate;
import dev.finetune.api.ServerSettings;
import dev.finetune.api.run.PodPaths;
import dev.finetune.operator.Profile;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.ProbeBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The servers of one version. */
public final class ServerDeployment {
    /** The name of the container. */
    public static final String CONTAINER = "server";

    /** The name of the init container that fetches a model that cannot be mounted. */
    public static final String FETCHER = "fetch";

    /** Where a server listens. */
    public static final int PORT = 8080;

    private static final int DRAIN_SECONDS = 20;
    private static final int GRACE_BEYOND_DRAIN = 15;
    private static final int START_CHECKS = 60;

    private ServerDeployment() {}

    /**
     * The Deployment.
     *
     * @throws IllegalArgumentException with the field's path, where profile or podTemplate hold what core/v1 does not take
     */
    public static Deployment of(ServerRequest request) {
        String owner = request.owner().getName();
        Map<String, String> selector = selector(owner, request.digest());
        Map<String, String> labels = Labels.ofDeployment(owner);
        labels.putAll(selector);
        PodTemplate template = request.spec().podTemplate();
        Map<String, String> podLabels = new TreeMap<>(orEmpty(template == null ? null : template.labels()));
        podLabels.putAll(labels);
        return new DeploymentBuilder()
                .withNewMetadata()
                .withName(ServerRequest.name(owner, request.digest()))
                .withNamespace(request.owner().getNamespace())
                .withLabels(labels)
                .addToAnnotations(Labels.MODEL_DIGEST, request.digest())
                .withOwnerReferences(Ownership.reference("ModelDeployment", request.owner()))
                .endMetadata()
                .withNewSpec()
                .withReplicas(request.replicas())
                .withNewSelector()
                .withMatchLabels(selector)
                .endSelector()
                .withNewStrategy()
                .withType("RollingUpdate")
                .withNewRollingUpdate()
                .withMaxUnavailable(new IntOrString(0))
                .withMaxSurge(new IntOrString(1))
                .endRollingUpdate()
                .endStrategy()
                .withNewTemplate()
                .withNewMetadata()
                .withLabels(podLabels)
                .withAnnotations(orEmpty(template == null ? null : template.annotations()))
                .endMetadata()
                .withSpec(pod(request))
                .endTemplate()
                .endSpec()
                .build();
    }

    /** What selects the pods of one version. */
    public static Map<String, String> selector(String owner, String digest) {
        return new TreeMap<>(Map.of(Labels.DEPLOYMENT, owner, Labels.DIGEST, ServerRequest.label(digest)));
    }

    private static PodSpec pod(ServerRequest request) {
        PodTemplate template = request.spec().podTemplate();
        Profile profile = request.profile();
        Placement placement = Placement.of(profile, template);
        return RestrictedPod.of(profile, template, placement)
                .withTerminationGracePeriodSeconds((long) drainSeconds(request) + GRACE_BEYOND_DRAIN)
                .withRuntimeClassName(blankToNull(profile.runtimeClassName()))
                .withInitContainers(ServedModel.fetchers(request))
                .withContainers(container(request))
                .addAllToVolumes(ServedModel.volumes(request))
                .addNewVolume()
                .withName("tmp")
                .withNewEmptyDir()
                .endEmptyDir()
                .endVolume()
                .build();
    }

    /** What the server and what fetches its model have in common. */
    static ContainerBuilder ours(ServerRequest request) {
        return new ContainerBuilder()
                .withImage(request.image())
                .withImagePullPolicy(blankToNull(request.profile().imagePullPolicy()))
                .withEnv(environment(request.profile()))
                .withResources(
                        Resources.ofServer(request.profile(), request.spec().podTemplate()))
                // A container that refuses its model leaves the log lines that say why.
                .withTerminationMessagePolicy("FallbackToLogsOnError")
                .withSecurityContext(RestrictedPod.container());
    }

    private static Container container(ServerRequest request) {
        return ours(request)
                .withName(CONTAINER)
                .withArgs(arguments(request))
                .addNewPort()
                .withName("http")
                .withContainerPort(PORT)
                .withProtocol("TCP")
                .endPort()
                .withStartupProbe(probe("/v2/health/live", 2, START_CHECKS))
                .withReadinessProbe(probe("/v2/health/ready", 2, 2))
                .withLivenessProbe(probe("/v2/health/live", 10, 3))
                .addToVolumeMounts(ServedModel.mount(request))
                .addNewVolumeMount()
                .withName("tmp")
                .withMountPath("/tmp")
                .endVolumeMount()
                .build();
    }

    /** The model's address holds the ModelDeployment's name, so that it stays the same whatever is served. */
    private static List<String> arguments(ServerRequest request) {
        List<String> arguments = new ArrayList<>(List.of("serve", PodPaths.SERVED_MODEL));
        arguments.addAll(List.of("--port", Integer.toString(PORT)));
        arguments.addAll(List.of("--model-name", request.owner().getName()));
        arguments.addAll(List.of("--digest", request.digest()));
        ServerSettings server = request.spec().server();
        Batching batching = server == null ? null : server.batching();
        option(arguments, "--max-batch-size", batching == null ? null : batching.maxBatchSize());
        option(arguments, "--max-concurrency", server == null ? null : server.maxConcurrency());
        option(arguments, "--timeout-seconds", server == null ? null : server.timeoutSeconds());
        option(arguments, "--drain-seconds", drainSeconds(request));
        return arguments;
    }

    private static void option(List<String> arguments, String name, @Nullable Integer value) {
        if (value != null) {
            arguments.addAll(List.of(name, value.toString()));
        }
    }

    private static int drainSeconds(ServerRequest request) {
        ServerSettings server = request.spec().server();
        return server == null || server.drainSeconds() == null ? DRAIN_SECONDS : server.drainSeconds();
    }

    private static List<EnvVar> environment(Profile profile) {
        return new TreeMap<>(orEmpty(profile.env()))
                .entrySet().stream()
                        .map(e -> new EnvVar(e.getKey(), e.getValue(), null))
                        .toList();
    }

    private static Probe probe(String path, int periodSeconds, int failures) {
        return new ProbeBuilder()
                .withNewHttpGet()
                .withPath(path)
                .withPort(new IntOrString(PORT))
                .endHttpGet()
                .withPeriodSeconds(periodSeconds)
                .withTimeoutSeconds(5)
                .withFailureThreshold(failures)
                .build();
    }
}
