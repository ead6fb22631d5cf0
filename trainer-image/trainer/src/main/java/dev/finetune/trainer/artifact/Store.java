package dev.finetune.trainer.artifact;

import java.nio.file.Path;

/** Where artefacts are published. A reader sees a whole artefact or none. */
sealed interface Store permits FolderStore, S3Store, OciStore {
    /**
     * Puts the verified artefact of a folder there; one that is there already stays as it is.
     *
     * @return what follows the store's address in the artefact's
     */
    String put(Path folder, Manifest manifest);

    /** The folder of an artefact in stores that have folders. */
    static String folder(Manifest manifest) {
        return "/" + manifest.modelName() + "/" + manifest.digestHex();
    }
}
