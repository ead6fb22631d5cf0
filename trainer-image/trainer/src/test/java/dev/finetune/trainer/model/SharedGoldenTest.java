package dev.finetune.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import dev.finetune.api.Optimizer;
import dev.finetune.trainer.engine.CrossEntropy;
import dev.finetune.trainer.engine.Gradients;
import dev.finetune.trainer.engine.OptimizerStep;
import dev.finetune.trainer.engine.Parameter;
import dev.finetune.trainer.engine.TorchEngine;
import dev.finetune.trainer.transform.TextInput;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A second set of references, made by another script, and real weights, where they are at hand. */
class SharedGoldenTest {
    private static final double TOLERANCE = 1e-4;
    private static final Path SHARED = Path.of("../../../shared/data");
    private static final Path MINILM = Path.of("../../../models/minilm");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "bert-sequence",
                "bert-pair",
                "distilbert-sequence",
                "roberta-sequence",
                "xlm-roberta-sequence",
                "electra-sequence",
                "modernbert-sequence"
            })
    void repeats_the_shared_references(String name) {
        Path folder = SHARED.resolve("golden").resolve(name);
        Assumptions.assumeTrue(Files.exists(folder), "no shared references here");
        JsonNode golden = Golden.json(folder.resolve("golden.json"));
        List<String> labels = IntStream.range(0, golden.at("/logits/shape/1").asInt())
                .mapToObj(i -> "LABEL_" + i)
                .toList();
        TorchEngine engine = TorchEngine.start();
        try (SequenceClassifier model =
                        SequenceClassifier.load(folder, labels, new LoadOptions(0, OptionalDouble.of(0)));
                OptimizerStep optimizer = new OptimizerStep(engine, Optimizer.AdamW, 0.01)) {
            try (NDManager scope = engine.newScope()) {
                assertClose(model.logits(batch(scope, golden), false).toFloatArray(), golden.at("/logits/values"));
            }
            int[] targets =
                    IntStream.of(ints(golden.at("/train/labels/values"))).toArray();
            int steps = golden.at("/train/losses").size();
            for (int step = 0; step < steps; step++) {
                try (NDManager scope = engine.newScope()) {
                    NDArray value = CrossEntropy.plain(engine)
                            .of(model.logits(batch(scope, golden), true), targets, targets.length, true);
                    assertThat((double) value.getFloat())
                            .isCloseTo(golden.at("/train/losses/" + step).asDouble(), within(TOLERANCE));
                    try (Gradients gradients = Gradients.of(engine, value, model.trainableParameters())) {
                        assertThat(gradients.clip(1.0))
                                .isCloseTo(
                                        golden.at("/train/grad_norms_before_clip/" + step)
                                                .asDouble(),
                                        within(TOLERANCE));
                        optimizer.apply(
                                gradients, 1e-3 * (step < 3 ? (step + 1) / 3.0 : (steps - step) / (steps - 3.0)));
                    }
                }
            }
            JsonNode norms = golden.at("/train/param_norms_after");
            for (Parameter parameter : model.parameters()) {
                double sum = 0;
                for (float v : parameter.array().toFloatArray()) {
                    sum += (double) v * v;
                }
                assertThat(Math.sqrt(sum))
                        .as(parameter.name())
                        .isCloseTo(norms.path(parameter.name()).asDouble(Double.NaN), within(TOLERANCE));
            }
        }
    }

    @Test
    void repeats_hidden_states_of_the_real_minilm() {
        Assumptions.assumeTrue(Files.exists(SHARED) && Files.exists(MINILM), "no real weights here");
        try (SequenceClassifier model = SequenceClassifier.load(MINILM, List.of("ham", "spam"), LoadOptions.seeded(0));
                TextTokenizer tokenizer = TextTokenizer.open(MINILM, 256)) {
            assertThat(model.newlyInitialised()).containsExactly("classifier.weight", "classifier.bias");
            for (JsonNode row :
                    Golden.json(SHARED.resolve("golden/minilm/golden.json")).path("rows")) {
                List<Tokens> ids =
                        tokenizer.encode(List.of(TextInput.of(row.path("text").asText())));
                assertThat(ids.getFirst().ids()).containsExactly(ints(row.path("input_ids")));
                try (NDManager scope = model.engine().newScope()) {
                    SequenceClassifier.Features features =
                            model.pooledFeatures(TokenBatch.of(scope, ids, model.padId()));
                    assertClose(features.mean().toFloatArray(), row.path("mean"));
                    assertClose(features.firstToken().toFloatArray(), row.path("first_token"));
                }
            }
        }
    }

    @Test
    void tokenises_texts_as_the_reference_does() throws Exception {
        Assumptions.assumeTrue(Files.exists(SHARED) && Files.exists(MINILM), "no real tokenizer here");
        List<JsonNode> rows = Files.readAllLines(SHARED.resolve("messy/tokenizer/golden-minilm.jsonl")).stream()
                .map(SharedGoldenTest::parse)
                .toList();
        try (TextTokenizer tokenizer = TextTokenizer.open(MINILM, 256)) {
            List<Tokens> ids = tokenizer.encode(rows.stream()
                    .map(r -> TextInput.of(r.path("text").asText()))
                    .toList());
            for (int i = 0; i < ids.size(); i++) {
                assertThat(ids.get(i).ids())
                        .as(rows.get(i).path("text").asText())
                        .containsExactly(ints(rows.get(i).path("ids")));
            }
        }
    }

    private static JsonNode parse(String line) {
        try {
            return dev.finetune.api.Json.MAPPER.readTree(line);
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            throw new IllegalArgumentException(line, e);
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

    private static int[] ints(JsonNode values) {
        return StreamSupport.stream(values.spliterator(), false)
                .mapToInt(JsonNode::asInt)
                .toArray();
    }

    private static void assertClose(float[] actual, JsonNode expected) {
        assertThat(actual).hasSize(expected.size());
        for (int i = 0; i < actual.length; i++) {
            assertThat((double) actual[i]).isCloseTo(expected.get(i).asDouble(), within(TOLERANCE));
        }
    }
}
