package dev.finetune.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.finetune.api.Answer;
import dev.finetune.api.Optimizer;
import dev.finetune.trainer.engine.BinaryCrossEntropy;
import dev.finetune.trainer.engine.Gradients;
import dev.finetune.trainer.engine.OptimizerStep;
import dev.finetune.trainer.engine.TorchEngine;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

/** Any number of labels: outputs, loss and 12 steps against what transformers and PyTorch compute (src/test/python/make_golden.py). */
class MultiLabelGoldenTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> LABELS = List.of("LABEL_0", "LABEL_1", "LABEL_2");

    @Test
    void outputs_losses_and_gradients_equal_those_of_transformers() {
        JsonNode golden = Golden.json(Golden.folder("bert-multi-label").resolve("golden.json"));
        TorchEngine engine = TorchEngine.start();
        float[] targets = JSON.convertValue(golden.path("targets"), float[].class);
        try (SequenceClassifier model = SequenceClassifier.load(
                        Golden.folder("bert-multi-label"),
                        LABELS,
                        Problem.multi_label_classification,
                        new LoadOptions(0, OptionalDouble.of(0)));
                OptimizerStep optimizer = new OptimizerStep(
                        engine, Optimizer.AdamW, golden.path("weightDecay").asDouble())) {
            assertThat(model.newlyInitialised()).isEmpty();
            try (NDManager scope = engine.newScope()) {
                float[] logits = model.logits(batch(scope, golden), false).toFloatArray();
                assertThat(logits)
                        .containsExactly(JSON.convertValue(golden.path("logits"), float[].class), within(1e-5f));
                assertThat(Problem.sigmoid(logits, 0, logits.length))
                        .containsExactly(JSON.convertValue(golden.path("probabilities"), double[].class), within(1e-5));
            }
            for (int step = 0; step < golden.path("losses").size(); step++) {
                try (NDManager scope = engine.newScope()) {
                    NDArray loss = new BinaryCrossEntropy(engine)
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

    @Test
    void config_json_says_what_the_outputs_mean() {
        ModelConfig config = ModelConfig.read(Golden.folder("bert-multi-label"));

        assertThat(Problem.of(config, 3)).isEqualTo(Problem.multi_label_classification);
        assertThat(Problem.of(Answer.Labels)).isEqualTo(Problem.multi_label_classification);
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
