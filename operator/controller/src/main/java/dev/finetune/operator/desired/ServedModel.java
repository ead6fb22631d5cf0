package dev.finetune.operator.desired;

import dev.finetune.api.StorageUri;
import dev.finetune.api.run.PodPaths;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import java.util.ArrayList;
import java.util.List;

/**
 * How a server gets its model: mounted where it lies on a claim, otherwise fetched by an init container. The Secret is mounted into that
 * one alone: what answers the world holds no credentials.
 */
final class ServedModel {
    private static final String VOLUME = "model";
    private static final String SECRET = "secret";

    private ServedModel() {}

    static List<Volume> volumes(ServerRequest request) {
        if (isMounted(request)) {
            return List.of(new VolumeBuilder()
                    .withName(VOLUME)
                    .withNewPersistentVolumeClaim()
                    .withClaimName(request.location().authority())
                    .endPersistentVolumeClaim()
                    .build());
        }
        List<Volume> volumes = new ArrayList<>(List.of(new VolumeBuilder()
                .withName(VOLUME)
                .withNewEmptyDir()
                .endEmptyDir()
                .build()));
        if (request.secretName() != null) {
            volumes.add(SecretVolumes.volume(SECRET, request.secretName()));
        }
        return volumes;
    }

    /** Where the server finds it, read-only. */
    static VolumeMount mount(ServerRequest request) {
        String path = request.location().path();
        return new VolumeMountBuilder()
                .withName(VOLUME)
                .withMountPath(PodPaths.SERVED_MODEL)
                .withSubPath(isMounted(request) && !path.isEmpty() ? path : null)
                .withReadOnly(true)
                .build();
    }

    /** What runs before the server. */
    static List<Container> fetchers(ServerRequest request) {
        if (isMounted(request)) {
            return List.of();
        }
        List<String> arguments = new ArrayList<>(
                List.of("fetch", request.location().toString(), PodPaths.SERVED_MODEL, "--digest", request.digest()));
        List<VolumeMount> mounts = new ArrayList<>();
        mounts.add(new VolumeMountBuilder()
                .withName(VOLUME)
                .withMountPath(PodPaths.SERVED_MODEL)
                .build());
        mounts.add(
                new VolumeMountBuilder().withName("tmp").withMountPath("/tmp").build());
        if (request.secretName() != null) {
            arguments.addAll(List.of("--secret", request.secretName()));
            mounts.add(SecretVolumes.mount(SECRET, request.secretName()));
        }
        return List.of(ServerDeployment.ours(request)
                .withName(ServerDeployment.FETCHER)
                .withArgs(arguments)
                .withVolumeMounts(mounts)
                .build());
    }

    private static boolean isMounted(ServerRequest request) {
        return request.location().scheme() == StorageUri.Scheme.pvc;
    }
}
