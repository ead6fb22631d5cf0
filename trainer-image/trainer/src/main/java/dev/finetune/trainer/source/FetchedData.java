package dev.finetune.trainer.source;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Data on this machine.
 *
 * @param path a file or folder
 * @param contents what was read to have it; null where it lies where it always did and was not read yet
 * @param revision the commit of the hub, or the digest in the registry, that it is of
 */
public record FetchedData(
        Path path, @Nullable Contents contents, @Nullable String revision) {
    static FetchedData of(FetchedFile file, @Nullable String revision) {
        return new FetchedData(file.path(), Contents.of(file), revision);
    }

    /** The same, at the place that it was unpacked to. */
    FetchedData at(Path other) {
        return new FetchedData(other, contents, revision);
    }
}
