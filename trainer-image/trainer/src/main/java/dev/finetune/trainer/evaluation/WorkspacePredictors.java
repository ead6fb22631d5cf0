package dev.finetune.trainer.evaluation;

import dev.finetune.trainer.dataset.Workspace;
import dev.finetune.trainer.model.ArtifactPredictor;
import dev.finetune.trainer.model.ImagePredictor;
import dev.finetune.trainer.model.ImagePreparation;
import dev.finetune.trainer.model.ModelConfig;
import dev.finetune.trainer.model.Predictor;
import dev.finetune.trainer.training.Prior;
import dev.finetune.trainer.training.PriorPredictor;
import dev.finetune.trainer.training.ProbePredictor;
import dev.finetune.trainer.training.TrainingRecord;
import java.io.IOException;
import java.util.List;

/** The models that prepare and train left in a workspace. */
final class WorkspacePredictors implements PredictorSource {
    private final Workspace workspace;
    private final TrainingRecord training;

    WorkspacePredictors(Workspace workspace) throws IOException {
        this.workspace = workspace;
        this.training = TrainingRecord.read(workspace.candidate());
    }

    @Override
    public Predictor candidate() {
        return ofImages()
                ? ImagePredictor.open(workspace.candidate())
                : ArtifactPredictor.open(
                        workspace.candidate(), training.preprocessing(), training.maxLength(), training.threshold());
    }

    @Override
    public Predictor prior() throws IOException {
        return new PriorPredictor(Prior.read(workspace.baselines()));
    }

    @Override
    public Predictor probe() throws IOException {
        return ofImages()
                ? ProbePredictor.open(
                        workspace.baselines(), workspace.model(), ImagePreparation.read(workspace.candidate()))
                : ProbePredictor.open(workspace.baselines(), workspace.model());
    }

    @Override
    public List<String> baseModelLabels() {
        return ModelConfig.read(workspace.model()).labels().orElse(List.of());
    }

    @Override
    public Predictor baseModel() {
        return ofImages()
                ? ImagePredictor.open(workspace.model(), ImagePreparation.read(workspace.candidate()))
                : ArtifactPredictor.open(workspace.model(), training.preprocessing(), training.maxLength());
    }

    @Override
    public Predictor deployed(String digest) {
        return Predictor.open(workspace.deployed(digest));
    }

    private boolean ofImages() {
        return training.image() != null;
    }
}
