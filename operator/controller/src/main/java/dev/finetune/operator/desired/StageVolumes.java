package dev.finetune.operator.desired;

import dev.finetune.api.BaseModelSource;
import dev.finetune.api.DatasetSpec;
import dev.finetune.api.DeployedModel;
import dev.finetune.api.FineTuneJobSpec;
import dev.finetune.api.SecretReference;
import dev.finetune.api.StorageUri;
import dev.finetune.api.run.PodPaths;
import dev.finetune.operator.Profile;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a stage sees of the world. Folders of the workspace are separate {@code subPath} mounts, which keeps the test split out
 * of train's sight; sources and the Secrets they are read with are mounted, read-only, into prepare alone, with the cache where something is downloaded, the Secret to publish with
 * into evaluate alone.
 */
record StageVolumes(List<Volume> volumes, List<VolumeMount> mounts) {
    private static final String WORKSPACE = "workspace";
    private static final Set<StorageUri.Scheme> DOWNLOADED =
            EnumSet.of(StorageUri.Scheme.https, StorageUri.Scheme.s3, StorageUri.Scheme.hf, StorageUri.Scheme.oci);

    static StageVolumes of(StageRun run) {
        Builder builder = new Builder(run);
        switch (run.stage()) {
            case prepare -> {
                builder.folders(false, "model", "deployed", "train", "test");
                builder.store(true);
                builder.sources();
                builder.cache();
                builder.secrets(readSecrets(run));
            }
            case train -> {
                builder.folders(true, "model", "train");
                builder.folders(false, "run");
            }
            case evaluate -> {
                builder.folders(true, "model", "deployed", "train", "test", "run");
                builder.folders(false, "result");
                builder.store(false);
                builder.secrets(writeSecret(run.spec()));
            }
        }
        return new StageVolumes(List.copyOf(builder.volumes.values()), builder.mounts);
    }

    /** Whether the cache of downloads is among them. */
    boolean hasCache() {
        return mounts.stream().anyMatch(m -> m.getMountPath().equals(PodPaths.CACHE));
    }

    private static Stream<StorageUri> locations(FineTuneJobSpec spec, List<DeployedModel> deployed) {
        DatasetSpec data = spec.dataset();
        List<@Nullable String> texts = new ArrayList<>();
        texts.add(spec.model() == null ? null : spec.model().storageUri());
        if (data != null) {
            texts.add(data.train() == null ? null : data.train().storageUri());
            texts.add(data.validation() == null ? null : data.validation().storageUri());
            texts.add(data.test() == null ? null : data.test().storageUri());
            texts.add(data.thesaurus() == null ? null : data.thesaurus().storageUri());
        }
        deployed.forEach(d -> texts.add(d.storageUri()));
        return texts.stream()
                .filter(Objects::nonNull)
                .map(t -> StorageUri.parse(Objects.requireNonNull(t)))
                .flatMap(java.util.Optional::stream);
    }

    private static Stream<@Nullable SecretReference> readSecrets(StageRun run) {
        BaseModelSource model = run.spec().model();
        DatasetSpec data = run.spec().dataset();
        List<@Nullable SecretReference> secrets = new ArrayList<>();
        secrets.add(model == null ? null : model.secretRef());
        if (data != null) {
            secrets.add(data.train() == null ? null : data.train().secretRef());
            secrets.add(data.validation() == null ? null : data.validation().secretRef());
            secrets.add(data.test() == null ? null : data.test().secretRef());
            secrets.add(data.thesaurus() == null ? null : data.thesaurus().secretRef());
        }
        run.plan().deployed().forEach(d -> secrets.add(new SecretReference(d.secretName())));
        return secrets.stream();
    }

    private static Stream<@Nullable SecretReference> writeSecret(FineTuneJobSpec spec) {
        return spec.output() == null
                ? Stream.of()
                : Stream.ofNullable(spec.output().secretRef());
    }

    private static final class Builder {
        private final StageRun run;
        private final Map<String, Volume> volumes = new LinkedHashMap<>();
        private final Map<String, String> claimVolumes = new LinkedHashMap<>();
        private final List<VolumeMount> mounts = new ArrayList<>();

        Builder(StageRun run) {
            this.run = run;
            volume(new VolumeBuilder()
                    .withName("plan")
                    .withNewConfigMap()
                    .withName(run.planName())
                    .endConfigMap()
                    .build());
            mount(
                    "plan",
                    Objects.requireNonNull(Path.of(PodPaths.PLAN).getParent()).toString(),
                    null,
                    true);
            volume(new VolumeBuilder()
                    .withName("tmp")
                    .withNewEmptyDir()
                    .endEmptyDir()
                    .build());
            mount("tmp", "/tmp", null, false);
            volume(new VolumeBuilder()
                    .withName(WORKSPACE)
                    .withNewPersistentVolumeClaim()
                    .withClaimName(Names.workspace(run.owner().getName()))
                    .endPersistentVolumeClaim()
                    .build());
        }

        void folders(boolean readOnly, String... names) {
            for (String name : names) {
                mount(WORKSPACE, PodPaths.WORKSPACE + "/" + name, name, readOnly);
            }
        }

        void store(boolean readOnly) {
            StorageUri.parse(run.plan().storageUri())
                    .filter(uri -> uri.scheme() == StorageUri.Scheme.pvc)
                    .ifPresent(uri -> mount(
                            claim(uri.authority()),
                            PodPaths.STORE,
                            uri.path().isEmpty() ? null : uri.path(),
                            readOnly));
        }

        void sources() {
            Set<String> seen = new TreeSet<>();
            locations(run.spec(), run.plan().deployed())
                    .filter(uri -> seen.add(uri.scheme() + ":" + uri.authority()))
                    .forEach(this::source);
        }

        /** A job that downloads nothing has no use for it, and must not wait for a claim that nobody made. */
        void cache() {
            Profile.Cache cache = run.profile().cache();
            boolean downloads =
                    locations(run.spec(), run.plan().deployed()).anyMatch(uri -> DOWNLOADED.contains(uri.scheme()));
            if (cache != null && cache.claimName() != null && downloads) {
                mount(claim(cache.claimName()), PodPaths.CACHE, null, false);
            }
        }

        void secrets(Stream<@Nullable SecretReference> references) {
            Set<String> names = new TreeSet<>();
            references.filter(r -> r != null && r.name() != null).forEach(r -> names.add(r.name()));
            for (String name : names) {
                String volume = "secret-" + volumes.size();
                volume(SecretVolumes.volume(volume, name));
                mounts.add(SecretVolumes.mount(volume, name));
            }
        }

        private void source(StorageUri uri) {
            switch (uri.scheme()) {
                case pvc -> mount(claim(uri.authority()), PodPaths.claim(uri.authority()), null, true);
                case configmap -> {
                    // Optional, or a missing one leaves the pod waiting for ever; prepare names what is missing.
                    String name = "configmap-" + volumes.size();
                    volume(new VolumeBuilder()
                            .withName(name)
                            .withNewConfigMap()
                            .withName(uri.authority())
                            .withOptional(true)
                            .endConfigMap()
                            .build());
                    mount(name, PodPaths.configMap(uri.authority()), null, true);
                }
                case https, s3, hf, oci, file -> {
                    // Nothing to mount: they go over the network, and a file exists only without a cluster.
                }
            }
        }

        private String claim(String claim) {
            return claimVolumes.computeIfAbsent(claim, c -> {
                String name = "claim-" + volumes.size();
                volume(new VolumeBuilder()
                        .withName(name)
                        .withNewPersistentVolumeClaim()
                        .withClaimName(c)
                        .endPersistentVolumeClaim()
                        .build());
                return name;
            });
        }

        private void volume(Volume volume) {
            volumes.put(volume.getName(), volume);
        }

        private void mount(String volume, String path, @Nullable String subPath, boolean readOnly) {
            mounts.add(new VolumeMountBuilder()
                    .withName(volume)
                    .withMountPath(path)
                    .withSubPath(subPath)
                    .withReadOnly(readOnly ? true : null)
                    .build());
        }
    }
}
