package dev.finetune.trainer.prepare;

import dev.finetune.api.DatasetSpec;
import dev.finetune.api.FineTuneJobSpec;
import dev.finetune.api.ImagePreprocessing;
import dev.finetune.api.Preprocessing;
import dev.finetune.trainer.model.ImageClassifier;
import dev.finetune.trainer.model.ImagePreparation;
import dev.finetune.trainer.model.LoadOptions;
import dev.finetune.trainer.training.ResolvedHyperparameters;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** Whether a base model can be trained on images as a job prepares them: known from its files, and too late after an accelerator came. */
final class ImageModelCheck {
    private ImageModelCheck() {}

    static void run(FineTuneJobSpec spec, Path model, List<String> labels) {
        ImagePreprocessing asked = Optional.ofNullable(spec.dataset())
                .map(DatasetSpec::preprocessing)
                .map(Preprocessing::image)
                .orElse(null);
        Double dropout = ResolvedHyperparameters.of(spec.training()).dropout();
        LoadOptions options = new LoadOptions(0, dropout == null ? OptionalDouble.empty() : OptionalDouble.of(dropout));
        ImageClassifier.check(
                model, labels, options, ImagePreparation.of(model, asked), ImagePreparation.sizedBy(model, asked));
    }
}
