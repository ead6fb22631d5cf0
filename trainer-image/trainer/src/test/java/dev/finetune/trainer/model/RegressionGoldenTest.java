package dev.finetune.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.finetune.api.Optimizer;
import dev.finetune.trainer.engine.Gradients;
import dev.finetune.trainer.engine.OptimizerStep;
import dev.finetune.trainer.engine.SquaredError;
import dev.finetune.trainer.engine.TorchEngine;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A model with one output, its loss and 12 steps against what transformers and PyTorch compute (src/test/python/make_golden.py). */
class RegressionGoldenTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @ParameterizedTest
    @ValueSource(strings = {"bert-regression", "electra-regression", "modernbert-regression"})
    void outputs_losses_and_gradients_equal_those_of_transformers(String name) {
        JsonNode golden = Golden.json(Golden.folder(name).resolve("golden.json"));
        TorchEngine engine = TorchEngine.start();
        float[] targets = JSON.convertValue(golden.path("targets"), float[].class);
        try (SequenceClassifier model = SequenceClassifier.load(
                        Golden.folder(name),
                        List.of("score"),
                        Problem.regression,
                        new LoadOptions(0, OptionalDouble.of(0)));
                OptimizerStep optimizer = new OptimizerStep(
                        engine, Optimizer.AdamW, golden.path("weightDecay").asDouble())) {
            assertThat(model.newlyInitialised()).isEmpty();
            try (NDManager scope = engine.newScope()) {
                assertThat(model.logits(batch(scope, golden), false).toFloatArray())
                        .containsExactly(JSON.convertValue(golden.path("outputs"), float[].class), within(1e-5f));
            }
            for (int step = 0; step < golden.path("losses").size(); step++) {
                try (NDManager scope = engine.newScope()) {
                    NDArray loss = new SquaredError(engine)
                            .of(model.logits(batch(scope, golden), true), targets, targets.length, true);
                    assertThat((double) loss.getFloat())
                            .as("loss of step " + step)
                            .isCloseTo(golden.path("losses").get(step).asDouble(), within(1e-4));
                    try (Gradients gradients = Gradients.of(engine, loss, model.trainableParameters())) {
                        assertThat(gradients.clip(1.0))
                                .as("gradient norm of step " + step)
                                .isCloseTo(
                                        golden.path("gradientNorms").get(step).asDouble(), within(1e-3));
                        optimizer.apply(gradients, golden.path("learningRate").asDouble());
                    }
                }
            }
        }
    }

    private TokenBatch batch(NDManager scope, JsonNode golden) {
        int rows = golden.path("rows").asInt();
        int length = golden.path("length").asInt();
        return TokenBatch.of(
                scope,
                JSON.convertValue(golden.path("ids"), long[].class),
                JSON.convertValue(golden.path("mask"), long[].class),
                new long[rows * length],
                rows,
                length);
    }
}
