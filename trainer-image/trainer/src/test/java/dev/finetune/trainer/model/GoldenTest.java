package dev.finetune.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.finetune.api.Optimizer;
import dev.finetune.trainer.engine.CrossEntropy;
import dev.finetune.trainer.engine.Gradients;
import dev.finetune.trainer.engine.OptimizerStep;
import dev.finetune.trainer.engine.Parameter;
import dev.finetune.trainer.engine.TorchEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The models, their gradients, the optimizer, clipping and schedule against transformers and PyTorch. */
class GoldenTest {
    private static final double TOLERANCE = 1e-4;

    @ParameterizedTest
    @ValueSource(
            strings = {"bert-sequence", "bert-pair", "distilbert-sequence", "roberta-sequence", "xlm-roberta-sequence"})
    void repeats_the_shared_references(String name) throws IOException {
        Path folder = Path.of("../../../shared/data/golden").resolve(name);
        Assumptions.assumeTrue(Files.exists(folder), "no shared references here");
        repeats(folder);
    }

    private static void repeats(Path folder) throws IOException {
        JsonNode golden =
                new ObjectMapper().readTree(folder.resolve("golden.json").toFile());
        List<String> labels = IntStream.range(0, golden.at("/logits/shape/1").asInt())
                .mapToObj(i -> "LABEL_" + i)
                .toList();
        TorchEngine engine = TorchEngine.start();
        try (SequenceClassifier model =
                        SequenceClassifier.load(folder, labels, new LoadOptions(0, OptionalDouble.of(0)));
                OptimizerStep optimizer = new OptimizerStep(engine, Optimizer.AdamW, 0.01)) {
            assertThat(model.newlyInitialised()).isEmpty();
            try (NDManager scope = engine.newScope()) {
                assertClose(model.logits(batch(scope, golden), false), golden.at("/logits/values"));
            }
            int[] targets = StreamSupport.stream(
                            golden.at("/train/labels/values").spliterator(), false)
                    .mapToInt(JsonNode::asInt)
                    .toArray();
            CrossEntropy loss =
                    new CrossEntropy(engine, golden.at("/train/smoothing").asDouble(0), Optional.empty());
            int steps = golden.at("/train/losses").size();
            for (int step = 0; step < steps; step++) {
                try (NDManager scope = engine.newScope()) {
                    NDArray value = loss.of(model.logits(batch(scope, golden), true), targets, targets.length, true);
                    assertThat((double) value.getFloat())
                            .as("loss of step %d", step)
                            .isEqualTo(golden.at("/train/losses/" + step).asDouble(), within(TOLERANCE));
                    try (Gradients gradients = Gradients.of(engine, value, model.trainableParameters())) {
                        assertThat(gradients.clip(1.0))
                                .as("gradient norm of step %d", step)
                                .isEqualTo(
                                        golden.at("/train/grad_norms_before_clip/" + step)
                                                .asDouble(),
                                        within(TOLERANCE));
                        optimizer.apply(
                                gradients,
                                1e-3 * (step < 3 ? (step + 1) / 3.0 : (steps - step) / (double) (steps - 3)));
                    }
                }
            }
            JsonNode norms = golden.at("/train/param_norms_after");
            List<String> names = new ArrayList<>();
            for (Parameter parameter : model.parameters()) {
                double sum = 0;
                for (float v : parameter.array().toFloatArray()) {
                    sum += v * (double) v;
                }
                assertThat(Math.sqrt(sum))
                        .as(parameter.name())
                        .isEqualTo(norms.path(parameter.name()).asDouble(), within(TOLERANCE));
                names.add(parameter.name());
            }
            assertThat(norms.fieldNames()).toIterable().containsExactlyInAnyOrderElementsOf(names);
        }
    }

    private static TokenBatch batch(NDManager scope, JsonNode golden) {
        JsonNode inputs = golden.path("inputs");
        int rows = inputs.at("/input_ids/shape/0").asInt();
        int length = inputs.at("/input_ids/shape/1").asInt();
        long[] types =
                inputs.has("token_type_ids") ? longs(inputs.at("/token_type_ids/values")) : new long[rows * length];
        return TokenBatch.of(
                scope,
                longs(inputs.at("/input_ids/values")),
                longs(inputs.at("/attention_mask/values")),
                types,
                rows,
                length);
    }

    private static long[] longs(JsonNode values) {
        return StreamSupport.stream(values.spliterator(), false)
                .mapToLong(JsonNode::asLong)
                .toArray();
    }

    private static void assertClose(NDArray actual, JsonNode expected) {
        float[] values = actual.toFloatArray();
        assertThat(values).hasSize(expected.size());
        for (int i = 0; i < values.length; i++) {
            assertThat((double) values[i]).isEqualTo(expected.get(i).asDouble(), within(TOLERANCE));
        }
    }
}
