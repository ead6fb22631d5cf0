package dev.finetune.trainer.serving;

import dev.finetune.api.Answer;
import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.artifact.Artifact;
import dev.finetune.trainer.artifact.ArtifactVerifier;
import dev.finetune.trainer.artifact.GoldenRequest;
import dev.finetune.trainer.artifact.Manifest;
import dev.finetune.trainer.dataset.LabelSet;
import dev.finetune.trainer.dataset.TextList;
import dev.finetune.trainer.metric.Decisions;
import dev.finetune.trainer.model.Predictor;
import dev.finetune.trainer.transform.TextInput;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads a published artefact: manifest, file digests, model, then the golden requests, which both warm the engine up and prove that
 * what was judged is what is served.
 */
record ArtifactLoader(Path artifact, @Nullable String modelName) implements ModelLoader {
    private static final Logger LOG = LoggerFactory.getLogger(ArtifactLoader.class);

    @Override
    public LoadedModel load() throws IOException {
        Manifest manifest = ArtifactVerifier.verify(artifact);
        Predictor predictor = Predictor.open(artifact);
        try {
            if (!predictor.labels().equals(manifest.labels())) {
                throw new StageException(
                        FailureClass.InvalidData,
                        artifact + ": manifest.json names the labels " + manifest.labels() + ", config.json "
                                + predictor.labels() + "; publish the model again");
            }
            int golden = replay(predictor, manifest);
            String name = modelName == null ? manifest.modelName() : modelName;
            LOG.info(
                    "{} {} verified: {} files, {} golden requests agree",
                    name,
                    manifest.digest(),
                    manifest.files().size(),
                    golden);
            return new LoadedModel(
                    new LoadedModel.Identity(name, manifest.version(), manifest.digest()),
                    LoadedModel.Shape.of(manifest),
                    new LoadedModel.Pages(
                            new String(optional(Artifact.CARD), StandardCharsets.UTF_8), optional(Artifact.REPORT)),
                    predictor);
        } catch (Throwable t) {
            predictor.close();
            throw t;
        }
    }

    /** One by one, as a lone client would ask, so that the first real answer is as fast as the second. */
    private int replay(Predictor predictor, Manifest manifest) throws IOException {
        Answer answer = manifest.spec().answer();
        List<GoldenRequest> requests =
                Files.exists(artifact.resolve(Artifact.GOLDEN)) ? GoldenRequest.read(artifact) : List.of();
        if (!manifest.task().ofImages()) {
            predictor.scores(List.of(new TextInput("warm-up", manifest.spec().hasPairs() ? "warm-up" : null)));
        }
        for (int i = 0; i < requests.size(); i++) {
            GoldenRequest expected = requests.get(i);
            double[] actual = predictor.scores(List.of(expected.input()))[0];
            String label = switch (answer) {
                case Label, Number -> predictor.labels().get(Decisions.best(actual));
                case Labels -> LabelSet.of(Decisions.given(actual, predictor.threshold(), predictor.labels()));
                case Tags -> TextList.of(Decisions.tags(actual, predictor.labels()));
            };
            if (!expected.agrees(label, actual)) {
                throw new StageException(
                        FailureClass.InvalidData,
                        artifact + ": golden request " + (i + 1) + " expected " + expected.label() + " with "
                                + expected.scores() + ", got " + label + " with " + java.util.Arrays.toString(actual)
                                + "; this build does not compute what was judged, use the image that published the model");
            }
        }
        return requests.size();
    }

    private byte[] optional(String name) throws IOException {
        Path file = artifact.resolve(name);
        return Files.exists(file) ? Files.readAllBytes(file) : new byte[0];
    }
}
