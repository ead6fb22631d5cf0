package dev.finetune.trainer.artifact;

import java.nio.file.Path;

/** Where artefacts are published. A reader sees a whole artefact or none. */
sealed interface Store permits FolderStore, S3Store {
    /** Puts the verified artefact of a folder there, as {@code <modelName>/<digest hex>}; one that is there already stays as it is. */
    void put(Path folder, Manifest manifest);
}
