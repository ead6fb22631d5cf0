package dev.finetune.trainer.prepare;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.api.DatasetSpec;
import dev.finetune.api.FineTuneJobSpec;
import dev.finetune.api.Imbalance;
import dev.finetune.api.Task;
import dev.finetune.trainer.TinyModel;
import dev.finetune.trainer.dataset.Example;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingEstimateTest {
    @TempDir
    Path model;

    @Test
    void stepsAreThoseOfTheEpochThatIsTrained() throws Exception {
        TinyModel.write(model);
        List<Example> train = IntStream.range(0, 120)
                .mapToObj(i -> new Example("row:" + i, "%016x".formatted(i), "the car", i < 100 ? "red" : "blue"))
                .toList();

        assertThat(TrainingEstimate.of(spec(Imbalance.None), train, model).steps())
                .isEqualTo(3 * 4);
        assertThat(TrainingEstimate.of(spec(Imbalance.ClassWeights), train, model)
                        .steps())
                .isEqualTo(3 * 4);
        assertThat(TrainingEstimate.of(spec(Imbalance.Oversample), train, model).steps())
                .isEqualTo(3 * 7);
        assertThat(TrainingEstimate.ofImages(spec(Imbalance.Oversample), train, model)
                        .steps())
                .isEqualTo(3 * 7);
    }

    private static FineTuneJobSpec spec(Imbalance imbalance) {
        DatasetSpec dataset =
                new DatasetSpec(null, null, null, null, null, null, null, null, null, null, null, imbalance);
        return new FineTuneJobSpec(
                Task.TextClassification, null, null, null, dataset, null, null, null, null, null, null, null);
    }
}
