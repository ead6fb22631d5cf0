package dev.finetune.api;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Where the model comes from; a union by {@code type}. */
public record ModelReference(
        @Nullable ModelReferenceType type,
        @Nullable FollowReference follow,
        @Nullable JobReference fineTuneJob,
        @Nullable ArtifactReference artifact) {
    /** The Secret that a version is read with: what is said here about it now, before what was known when it was chosen. */
    public @Nullable String secretOf(ModelVersion version) {
        if (follow != null && follow.secretRef() != null && Objects.equals(follow.modelName(), version.modelName())) {
            return follow.secretRef().name();
        }
        if (artifact != null && Objects.equals(artifact.digest(), version.digest())) {
            return artifact.secretRef() == null ? null : artifact.secretRef().name();
        }
        return version.secretName();
    }
}
