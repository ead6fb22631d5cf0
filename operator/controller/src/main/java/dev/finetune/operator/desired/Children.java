package dev.finetune.operator.desired;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.finetune.api.Json;
import dev.finetune.api.run.PodPaths;
import dev.finetune.operator.Profile;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** The children of a FineTuneJob that hold bytes: workspace, plans, report. */
public final class Children {
    /** The key of a plan's ConfigMap. */
    public static final String PLAN_KEY =
            Objects.requireNonNull(Path.of(PodPaths.PLAN).getFileName()).toString();

    /** The key of the profile's ConfigMap. */
    public static final String PROFILE_KEY = "profile.json";

    /** The key of the report's ConfigMap. */
    public static final String REPORT_KEY = "report.json";

    private Children() {}

    /** The claim that the stages share. */
    public static PersistentVolumeClaim workspace(ObjectMeta owner, Profile profile) {
        Profile.Workspace workspace =
                Objects.requireNonNullElse(profile.workspace(), new Profile.Workspace(null, null, null));
        List<String> modes = workspace.accessModes();
        return new PersistentVolumeClaimBuilder()
                .withNewMetadata()
                .withName(Names.workspace(owner.getName()))
                .withNamespace(owner.getNamespace())
                .withLabels(Labels.ofJob(owner.getName()))
                .withOwnerReferences(Ownership.reference("FineTuneJob", owner))
                .endMetadata()
                .withNewSpec()
                .withAccessModes(modes == null || modes.isEmpty() ? List.of("ReadWriteOnce") : modes)
                .withStorageClassName(workspace.storageClassName())
                .withNewResources()
                .addToRequests("storage", new Quantity(Objects.requireNonNull(workspace.size())))
                .endResources()
                .endSpec()
                .build();
    }

    /** The plan of one run; a pod refuses another one by its digest. */
    public static ConfigMap plan(StageRun run) {
        return configMap(run.owner(), run.planName(), PLAN_KEY, Json.write(run.plan()))
                .editMetadata()
                .addToAnnotations(Labels.PLAN_DIGEST, run.planDigest())
                .endMetadata()
                .build();
    }

    /** The profile as it was on the first visit: later stages run with it whatever the chart says meanwhile. */
    public static ConfigMap profile(ObjectMeta owner, Profile profile) {
        return configMap(owner, Names.profile(owner.getName()), PROFILE_KEY, Json.write(profile))
                .build();
    }

    /** The profile that a ConfigMap of {@link #profile} keeps. */
    public static Optional<Profile> readProfile(ConfigMap kept) {
        String json = kept.getData() == null ? null : kept.getData().get(PROFILE_KEY);
        try {
            return json == null ? Optional.empty() : Optional.of(Json.MAPPER.readValue(json, Profile.class));
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
    }

    /** The report of a job, as its last pod printed it. */
    public static ConfigMap report(ObjectMeta owner, String json) {
        return configMap(owner, Names.report(owner.getName()), REPORT_KEY, json).build();
    }

    private static ConfigMapBuilder configMap(ObjectMeta owner, String name, String key, String value) {
        return new ConfigMapBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace(owner.getNamespace())
                .withLabels(Labels.ofJob(owner.getName()))
                .withOwnerReferences(Ownership.reference("FineTuneJob", owner))
                .endMetadata()
                .withImmutable(true)
                .withData(Map.of(key, value));
    }
}
