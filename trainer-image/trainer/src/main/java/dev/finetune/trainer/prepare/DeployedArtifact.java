package dev.finetune.trainer.prepare;

import dev.finetune.api.DeployedModel;
import dev.finetune.api.FailureClass;
import dev.finetune.api.SecretReference;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.artifact.ArtifactCopy;
import dev.finetune.trainer.artifact.Manifest;
import dev.finetune.trainer.dataset.Workspace;
import dev.finetune.trainer.source.Location;
import dev.finetune.trainer.source.SourceResolver;

/** Brings an artefact that serves into the workspace, so that evaluate compares with the very bytes that answer now. */
final class DeployedArtifact {
    private DeployedArtifact() {}

    static Manifest copy(DeployedModel deployed, Workspace workspace, SourceResolver sources) {
        if (deployed.digest() == null || deployed.storageUri() == null) {
            throw new StageException(
                    FailureClass.InvalidSpec,
                    "The plan names a deployed model without digest or storageUri: " + deployed + ".");
        }
        Location location = sources.locate(
                "storageUri of deployed model " + deployed.digest(),
                deployed.storageUri(),
                new SecretReference(deployed.secretName()));
        return ArtifactCopy.of(sources, location, workspace.deployed(deployed.digest()), deployed.digest());
    }
}
