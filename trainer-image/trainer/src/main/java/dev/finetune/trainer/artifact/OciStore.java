package dev.finetune.trainer.artifact;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.source.OciRepository;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;

/**
 * A store in a registry: a repository for each model name, an image for each artefact, tagged by the artefact's digest. The image appears with its manifest, which is the last thing that is
 * sent; layers of a publication that broke off are taken by the next.
 *
 * @param repositories the repository of a model name
 */
record OciStore(Function<String, OciRepository> repositories) implements Store {
    @Override
    public String put(Path folder, Manifest manifest) {
        OciRepository repository = repositories.apply(manifest.modelName());
        Optional<OciRepository.Manifest> there = repository.manifest(manifest.digestHex());
        String image =
                there.isPresent() ? published(repository, there.get(), manifest) : push(repository, folder, manifest);
        return "/" + manifest.modelName() + "@" + image;
    }

    private static String push(OciRepository repository, Path folder, Manifest manifest) {
        try {
            ModelImage image = ModelImage.of(folder, manifest);
            image.blobs().forEach(repository::put);
            repository.tag(image.manifest(), manifest.digestHex());
            return image.manifest().digest();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + folder, e);
        }
    }

    /** The tag names the artefact: another image under it was put there by something else. */
    private static String published(OciRepository repository, OciRepository.Manifest there, Manifest manifest) {
        String found = there.json().path("annotations").path(ModelImage.DIGEST).asText("another image");
        if (!found.equals(manifest.digest())) {
            throw new StageException(
                    FailureClass.StorageUnavailable,
                    "expected the model " + manifest.digest() + " at " + repository + ":" + manifest.digestHex()
                            + ", found " + found + "; something else wrote there: remove it, or publish elsewhere");
        }
        return there.digest();
    }
}
