package dev.finetune.trainer.training;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import dev.finetune.api.Answer;
import dev.finetune.api.Imbalance;
import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.engine.Gradients;
import dev.finetune.trainer.engine.Parameter;
import dev.finetune.trainer.model.ImageClassifier;
import dev.finetune.trainer.model.LoadOptions;
import dev.finetune.trainer.model.Network;
import dev.finetune.trainer.model.PixelBatch;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A head that learns on what a frozen backbone computes anew in every step. */
class HeadOnBackboneTest {
    private static final List<String> LABELS = List.of("LABEL_0", "LABEL_1", "LABEL_2");
    private static final int[] ALL = {0, 1, 2, 3};

    /** The network has its dropout in the backbone alone. */
    @Test
    void theBackboneIsAsWhenItIsServedAndTheHeadAloneLearns() throws Exception {
        Path folder = Path.of(
                HeadOnBackboneTest.class.getResource("/golden/images/vit").toURI());
        try (ImageClassifier model = ImageClassifier.load(folder, LABELS, new LoadOptions(0, OptionalDouble.of(0.5)))) {
            List<Example> examples = IntStream.of(ALL)
                    .mapToObj(i -> new Example("" + i, "" + i, "", LABELS.get(i % 3)))
                    .toList();
            Objective objective = Objective.of(
                    Answer.Label,
                    model.engine(),
                    new Objective.Targets(LABELS, examples, examples),
                    0,
                    Imbalance.None,
                    new SelectionRule("accuracy", null, null, 0));
            TimedInputs<PixelBatch> images = new TimedInputs<>(new Noise());
            Learner whole = new WholeModel<>(model, objective, images, images);
            assertThat(loss(whole, 1)).isNotEqualTo(loss(whole, 2));

            model.setTrainable(Network.Trainable.HEAD);
            Learner learner = new HeadOnBackbone<>(model, objective, images, images);

            assertThat(loss(learner, 1)).isEqualTo(loss(learner, 2));
            assertThat(learner.parameters())
                    .extracting(Parameter::name)
                    .containsExactlyInAnyOrder("classifier.weight", "classifier.bias");
            try (NDManager scope = model.engine().newScope();
                    Gradients gradients =
                            Gradients.of(model.engine(), learner.loss(scope, ALL, 4), learner.parameters())) {
                assertThat(gradients.clip(1)).isPositive();
            }
        }
    }

    private static float loss(Learner learner, long seed) {
        learner.engine().seed(seed);
        try (NDManager scope = learner.engine().newScope()) {
            return learner.loss(scope, ALL, ALL.length).getFloat();
        }
    }

    /** Four images. */
    private record Noise() implements ModelInputs<PixelBatch> {
        @Override
        public List<String> ids() {
            return List.of("0", "1", "2", "3");
        }

        @Override
        public int[] lengths() {
            return new int[] {1, 1, 1, 1};
        }

        @Override
        public PixelBatch batch(NDManager scope, int[] examples) {
            float[] values = new float[examples.length * 3 * 16 * 16];
            Random random = new Random(1);
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) random.nextGaussian();
            }
            return PixelBatch.of(scope, values, examples.length, 16, 16);
        }
    }
}
