package dev.finetune.operator.desired;

import dev.finetune.api.ModelDeploymentSpec;
import dev.finetune.api.StorageUri;
import dev.finetune.operator.Profile;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import org.jspecify.annotations.Nullable;

/**
 * One version of a model that is to be served.
 *
 * @param image of the server, as profile and chart say it now: a change of it rolls inside the version's Deployment
 * @param location the artefact's folder, on a claim or in a bucket, or its image
 * @param secretName the Secret that a bucket or registry is read with
 */
public record ServerRequest(
        ObjectMeta owner,
        ModelDeploymentSpec spec,
        Profile profile,
        String image,
        String digest,
        StorageUri location,
        @Nullable String secretName,
        int replicas) {
    private static final int OBJECT_DIGITS = 12;
    private static final int LABEL_DIGITS = 16;
    private static final String ALGORITHM = "sha256:";

    /** The name of the Deployment of a digest. */
    public static String name(String owner, String digest) {
        return owner + "-" + hex(digest, OBJECT_DIGITS);
    }

    /** How people call a digest. */
    public static String version(String digest) {
        return hex(digest, OBJECT_DIGITS);
    }

    /** What the label says of a digest. */
    public static String label(String digest) {
        return hex(digest, LABEL_DIGITS);
    }

    private static String hex(String digest, int digits) {
        String hex = digest.startsWith(ALGORITHM) ? digest.substring(ALGORITHM.length()) : digest;
        return hex.substring(0, Math.min(digits, hex.length()));
    }
}
