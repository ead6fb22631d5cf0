package dev.finetune.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.finetune.trainer.engine.CrossEntropy;
import dev.finetune.trainer.engine.Gradients;
import dev.finetune.trainer.engine.OptimizerStep;
import dev.finetune.trainer.engine.Parameter;
import dev.finetune.trainer.engine.TorchEngine;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Models, gradients, losses, clipping and optimizers against what transformers and PyTorch compute. */
class GoldenTest {
    private static final double TOLERANCE = 1e-4;

    @ParameterizedTest
    @ValueSource(
            strings = {"bert", "distilbert", "roberta", "electra", "electra-wide", "modernbert", "modernbert-mean"})
    void hidden_states_and_logits_equal_those_of_transformers(String name) {
        Golden golden = Golden.of(name);
        try (SequenceClassifier model = load(name);
                NDManager scope = TorchEngine.start().newScope()) {
            assertThat(model.newlyInitialised()).isEmpty();
            assertThat(model.hiddenStates(golden.batch(scope), false).toFloatArray())
                    .containsExactly(golden.hidden(), within(1e-5f));
            assertThat(model.logits(golden.batch(scope), false).toFloatArray())
                    .containsExactly(golden.logits(), within(1e-5f));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"bert", "distilbert", "roberta", "electra", "electra-wide", "modernbert", "modernbert-mean"})
    void twelve_steps_of_every_optimizer_equal_those_of_pytorch(String name) {
        Golden golden = Golden.of(name);
        for (Golden.Run run : golden.runs()) {
            repeat(name, golden, run);
        }
    }

    private static void repeat(String name, Golden golden, Golden.Run run) {
        TorchEngine engine = TorchEngine.start();
        try (SequenceClassifier model = load(name);
                OptimizerStep optimizer = new OptimizerStep(engine, run.optimizer(), run.weightDecay())) {
            if (run.headOnly()) {
                model.setTrainable(SequenceClassifier.Trainable.HEAD);
            }
            CrossEntropy loss = new CrossEntropy(engine, run.labelSmoothing(), Optional.ofNullable(run.classWeights()));
            for (int step = 0; step < run.losses().length; step++) {
                String where = "%s %s step %d".formatted(name, run.optimizer(), step);
                try (NDManager scope = engine.newScope()) {
                    NDArray value = loss.of(
                            model.logits(golden.batch(scope), true),
                            golden.targets(),
                            loss.divisor(golden.targets()),
                            true);
                    assertThat((double) value.getFloat())
                            .as("loss of " + where)
                            .isCloseTo(run.losses()[step], within(TOLERANCE));
                    try (Gradients gradients = Gradients.of(engine, value, model.trainableParameters())) {
                        assertThat(gradients.clip(1.0))
                                .as("gradient norm of " + where)
                                .isCloseTo(run.gradientNorms()[step], within(TOLERANCE));
                        optimizer.apply(gradients, run.learningRates()[step]);
                    }
                }
            }
            assertThat(model.parameters())
                    .extracting(Parameter::name)
                    .containsExactlyInAnyOrderElementsOf(run.parameterNorms().keySet());
            for (Parameter parameter : model.parameters()) {
                assertThat(norm(parameter.array()))
                        .as("%s after %s", parameter.name(), run.optimizer())
                        .isCloseTo(run.parameterNorms().get(parameter.name()), within(TOLERANCE));
            }
        }
    }

    private static SequenceClassifier load(String name) {
        return SequenceClassifier.load(Golden.folder(name), Golden.LABELS, new LoadOptions(0, OptionalDouble.of(0)));
    }

    private static double norm(NDArray array) {
        double sum = 0;
        for (float v : array.toFloatArray()) {
            sum += (double) v * v;
        }
        return Math.sqrt(sum);
    }
}
