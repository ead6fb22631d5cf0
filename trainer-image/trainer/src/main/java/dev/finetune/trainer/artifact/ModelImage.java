package dev.finetune.trainer.artifact;

import dev.finetune.api.Json;
import dev.finetune.trainer.source.OciRepository;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/**
 * An artefact as an image that Kubernetes mounts as a volume and KServe as a model: plain OCI, each file in a layer of its own below {@code models/}, so that versions share
 * the files that they have in common. Layers are not compressed, because weights do not get smaller. The same artefact always makes the same image: no clock, no user, no order of
 * a file system is in it.
 *
 * @param blobs what must be in the registry before the manifest: the layers and the configuration
 */
record ModelImage(List<OciRepository.Blob> blobs, OciRepository.Blob manifest) {
    /** The digest of the artefact, among the manifest's annotations. */
    static final String DIGEST = "dev.finetune.digest";

    private static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";
    private static final String CONFIG = "application/vnd.oci.image.config.v1+json";
    private static final String LAYER = "application/vnd.oci.image.layer.v1.tar";
    private static final String FOLDER = "models/";
    private static final int RECORD = 512;

    /** The image of the finished artefact of a folder. */
    static ModelImage of(Path folder, Manifest manifest) throws IOException {
        List<OciRepository.Blob> layers = new ArrayList<>();
        for (Path file : Artifact.files(folder)) {
            layers.add(layer(file));
        }
        OciRepository.Blob config = json(
                CONFIG,
                Map.of(
                        "architecture",
                        "amd64",
                        "os",
                        "linux",
                        "config",
                        Map.of(),
                        "rootfs",
                        Map.of(
                                "type",
                                "layers",
                                "diff_ids",
                                layers.stream().map(OciRepository.Blob::digest).toList())));
        OciRepository.Blob image = json(
                MANIFEST,
                Map.of(
                        "schemaVersion",
                        2,
                        "mediaType",
                        MANIFEST,
                        "config",
                        descriptor(config),
                        "layers",
                        layers.stream().map(ModelImage::descriptor).toList(),
                        "annotations",
                        annotations(manifest)));
        List<OciRepository.Blob> blobs = new ArrayList<>(layers);
        blobs.add(config);
        return new ModelImage(List.copyOf(blobs), image);
    }

    private static Map<String, String> annotations(Manifest manifest) {
        Map<String, String> annotations = new TreeMap<>(Map.of(
                DIGEST,
                manifest.digest(),
                "org.opencontainers.image.title",
                manifest.modelName(),
                "org.opencontainers.image.version",
                manifest.version(),
                "org.opencontainers.image.revision",
                manifest.digestHex(),
                "org.opencontainers.image.created",
                manifest.createdAt()));
        if (manifest.license() != null) {
            annotations.put("org.opencontainers.image.licenses", manifest.license());
        }
        return annotations;
    }

    private static Map<String, Object> descriptor(OciRepository.Blob blob) {
        return Map.of("mediaType", blob.mediaType(), "digest", blob.digest(), "size", blob.size());
    }

    private static OciRepository.Blob json(String mediaType, Map<String, Object> value) {
        return OciRepository.Blob.of(mediaType, Json.write(value).getBytes(StandardCharsets.UTF_8));
    }

    private static OciRepository.Blob layer(Path file) throws IOException {
        try {
            Counted counted = new Counted(MessageDigest.getInstance("SHA-256"));
            tar(file, counted);
            return new OciRepository.Blob(LAYER, counted.digest(), counted.size, out -> tar(file, out));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static void tar(Path file, OutputStream out) throws IOException {
        TarArchiveOutputStream tar = new TarArchiveOutputStream(out, RECORD, StandardCharsets.UTF_8.name());
        tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
        tar.putArchiveEntry(entry(FOLDER, 0755));
        tar.closeArchiveEntry();
        TarArchiveEntry entry = entry(FOLDER + file.getFileName(), 0644);
        entry.setSize(Files.size(file));
        tar.putArchiveEntry(entry);
        Files.copy(file, tar);
        tar.closeArchiveEntry();
        // The stream below is closed by whoever opened it.
        tar.finish();
        tar.flush();
    }

    private static TarArchiveEntry entry(String name, int mode) {
        TarArchiveEntry entry = new TarArchiveEntry(name);
        entry.setMode(mode);
        entry.setModTime(0);
        entry.setIds(0, 0);
        entry.setNames("", "");
        return entry;
    }

    /** Keeps nothing but digest and size. */
    private static final class Counted extends DigestOutputStream {
        private long size;

        Counted(MessageDigest digest) {
            super(OutputStream.nullOutputStream(), digest);
        }

        @Override
        public void write(int b) throws IOException {
            super.write(b);
            size++;
        }

        @Override
        public void write(byte[] bytes, int from, int length) throws IOException {
            super.write(bytes, from, length);
            size += length;
        }

        String digest() {
            return "sha256:" + HexFormat.of().formatHex(getMessageDigest().digest());
        }
    }
}
