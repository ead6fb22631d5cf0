package dev.finetune.trainer.prepare;

import dev.finetune.api.DeployedModel;
import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.artifact.Artifact;
import dev.finetune.trainer.artifact.ArtifactVerifier;
import dev.finetune.trainer.dataset.Workspace;
import dev.finetune.trainer.source.SourceResolver;
import dev.finetune.trainer.source.SourceUri;
import java.nio.file.Path;

/** Brings an artefact that serves into the workspace, so that evaluate compares with the very bytes that answer now. */
final class DeployedArtifact {
    private DeployedArtifact() {}

    static void copy(DeployedModel deployed, Workspace workspace, SourceResolver sources) {
        if (deployed.digest() == null || deployed.storageUri() == null) {
            throw new StageException(
                    FailureClass.InvalidSpec,
                    "The plan names a deployed model without digest or storageUri: " + deployed + ".");
        }
        SourceUri uri = sources.parse("storageUri of deployed model " + deployed.digest(), deployed.storageUri());
        Path folder = workspace.deployed(deployed.digest());
        copy(sources, uri, Artifact.MANIFEST, folder);
        ArtifactVerifier.readManifest(folder).files().keySet().forEach(name -> copy(sources, uri, name, folder));
        ArtifactVerifier.verify(folder, deployed.digest());
    }

    private static void copy(SourceResolver sources, SourceUri uri, String name, Path folder) {
        if (sources.copy(uri, name, folder).isEmpty()) {
            throw new StageException(
                    FailureClass.SourceUnavailable,
                    "The deployed artefact at " + uri + " has no " + name
                            + ": it was removed or never completely written. Publish it again, or roll the deployment back.");
        }
    }
}
