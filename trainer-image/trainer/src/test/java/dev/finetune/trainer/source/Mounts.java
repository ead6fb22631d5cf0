package dev.finetune.trainer.source;

import java.nio.file.Path;

/** What a pod has mounted, for tests of other packages: {@code pvc/NAME} and {@code configmap/NAME} below a folder. */
public final class Mounts {
    private Mounts() {}

    public static SourceResolver below(Path root) {
        return SourceResolver.below(root, new HttpsFetcher());
    }
}
