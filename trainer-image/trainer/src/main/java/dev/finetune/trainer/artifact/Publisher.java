package dev.finetune.trainer.artifact;

import dev.finetune.api.PublishedModel;
import dev.finetune.trainer.source.Credentials;
import dev.finetune.trainer.source.OciRepository;
import dev.finetune.trainer.source.S3Folder;
import dev.finetune.trainer.source.SourceUri;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;

/**
 * Puts finished artefacts into a store, as {@code <store>/<modelName>/<digest hex>/}, or as image {@code <store>/<modelName>} of a registry. A reader sees a whole artefact or none.
 * Publishing the same artefact again changes nothing.
 */
public final class Publisher {
    private final Store store;
    private final String storageUri;

    /**
     * A publisher into one store.
     *
     * @param store where it is
     * @param storageUri what the outside world calls it
     */
    Publisher(Store store, String storageUri) {
        this.store = store;
        this.storageUri = storageUri.replaceAll("/+$", "");
    }

    /** A publisher into a mounted store. */
    public Publisher(Path store, String storageUri) {
        this(new FolderStore(store), storageUri);
    }

    /**
     * A publisher into the store of an address.
     *
     * @param mounted where a claim is mounted
     * @param credentials asked for where the store is not mounted
     */
    public static Publisher to(String storageUri, Path mounted, Supplier<Credentials> credentials) {
        Store store = storageUri.startsWith("s3://") || storageUri.startsWith("oci://")
                ? remote(SourceUri.parse("spec.output.storageUri", storageUri), credentials.get())
                : new FolderStore(mounted);
        return new Publisher(store, storageUri);
    }

    private static Store remote(SourceUri uri, Credentials credentials) {
        return switch (uri) {
            case SourceUri.S3 s3 -> new S3Store(S3Folder.open(s3, credentials));
            case SourceUri.Oci oci -> new OciStore(name -> OciRepository.toPublish(oci, name, credentials));
            default -> throw new IllegalArgumentException(uri + " is no store");
        };
    }

    /** Publishes the finished artefact of a folder. */
    public PublishedModel publish(Path folder) {
        Manifest manifest = ArtifactVerifier.verify(folder);
        String address = storageUri + store.put(folder, manifest);
        return new PublishedModel(
                manifest.modelName(),
                manifest.version(),
                manifest.digest(),
                address,
                manifest.parentDigest(),
                size(folder));
    }

    private static long size(Path folder) {
        try {
            long bytes = 0;
            for (Path file : Artifact.files(folder)) {
                bytes += Files.size(file);
            }
            return bytes;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + folder, e);
        }
    }
}
