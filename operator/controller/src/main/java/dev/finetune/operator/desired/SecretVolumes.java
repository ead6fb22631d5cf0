package dev.finetune.operator.desired;

import dev.finetune.api.run.PodPaths;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;

/** A Secret as files of its own folder, read-only. The operator itself never reads one. */
final class SecretVolumes {
    private static final int GROUP_READS = 0440;

    private SecretVolumes() {}

    /** Optional, or a missing Secret leaves the pod waiting for ever; the pod names what is missing. */
    static Volume volume(String name, String secret) {
        return new VolumeBuilder()
                .withName(name)
                .withNewSecret()
                .withSecretName(secret)
                .withOptional(true)
                .withDefaultMode(GROUP_READS)
                .endSecret()
                .build();
    }

    static VolumeMount mount(String volume, String secret) {
        return new VolumeMountBuilder()
                .withName(volume)
                .withMountPath(PodPaths.secret(secret))
                .withReadOnly(true)
                .build();
    }
}
