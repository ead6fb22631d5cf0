package dev.finetune.trainer.source;

import com.fasterxml.jackson.databind.JsonNode;
import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What a manifest says of one of its blobs, as the OCI image specification defines it ("Content Descriptors").
 *
 * @param digest {@code sha256:} and 64 hex digits
 * @param size in bytes
 */
record OciDescriptor(String mediaType, String digest, long size, Map<String, String> annotations) {
    /** What messages call the layers that can be read. */
    static final String KNOWN_LAYERS =
            "a file with annotation org.opencontainers.image.title (as ORAS writes it) or org.cncf.model.filepath, or a layer of type ...tar, ...tar+gzip or ...tar.gzip";

    private static final Pattern DIGEST = Pattern.compile("sha256:[0-9a-f]{64}");
    private static final Pattern TAR = Pattern.compile(".*\\.tar([+.]gzip)?");
    private static final String TITLE = "org.opencontainers.image.title";
    private static final String UNPACK = "io.deis.oras.content.unpack";
    private static final String MODEL_PATH = "org.cncf.model.filepath";

    /** Reads one; {@code shown} is what messages call the manifest. */
    static OciDescriptor of(JsonNode json, String shown) {
        Map<String, String> annotations = new HashMap<>();
        json.path("annotations")
                .properties()
                .forEach(a -> annotations.put(a.getKey(), a.getValue().asText()));
        OciDescriptor descriptor = new OciDescriptor(
                json.path("mediaType").asText(),
                json.path("digest").asText(),
                json.path("size").asLong(-1),
                annotations);
        if (!isDigest(descriptor.digest) || descriptor.size < 0) {
            throw new StageException(
                    FailureClass.InvalidData,
                    shown + " names a blob '" + descriptor.digest + "' of " + descriptor.size
                            + " bytes: a sha256 digest and a size were expected.");
        }
        return descriptor;
    }

    static boolean isDigest(String text) {
        return DIGEST.matcher(text).matches();
    }

    /** Whether it is a tar of files: a layer of an image, or a folder as ORAS packs it. ORAS gives plain files the media type of a tar as well, and a title. */
    boolean isPacked() {
        return TAR.matcher(mediaType).matches()
                && (!annotations.containsKey(TITLE) || "true".equals(annotations.get(UNPACK)));
    }

    /** The name of the plain file that it is; empty where nothing tells it. */
    Optional<String> fileName() {
        return Optional.ofNullable(annotations.get(TITLE)).or(() -> Optional.ofNullable(annotations.get(MODEL_PATH)));
    }
}
