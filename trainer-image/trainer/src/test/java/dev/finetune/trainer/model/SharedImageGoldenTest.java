package dev.finetune.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import dev.finetune.api.Optimizer;
import dev.finetune.trainer.dataset.image.ImageDecoder;
import dev.finetune.trainer.engine.CrossEntropy;
import dev.finetune.trainer.engine.Gradients;
import dev.finetune.trainer.engine.OptimizerStep;
import dev.finetune.trainer.engine.TorchEngine;
import dev.finetune.trainer.transform.ImageTransform;
import dev.finetune.trainer.transform.ImageTransform.Normalisation;
import dev.finetune.trainer.transform.ImageTransform.Resize;
import dev.finetune.trainer.transform.ImageTransform.Size;
import dev.finetune.trainer.transform.Pixels;
import dev.finetune.trainer.transform.Resample;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A second set of references, made by another script, and real weights on real photos, where they are at hand. */
class SharedImageGoldenTest {
    private static final Path SHARED = Path.of("../../../shared/data");
    private static final double TOLERANCE = 1e-4;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "resnet-basic-image",
                "resnet-bottleneck-image",
                "vit-image",
                "convnext-image",
                "mobilenet-v2-image",
                "efficientnet-image"
            })
    void repeats_the_shared_references(String name) {
        Path folder = SHARED.resolve("golden").resolve(name);
        Assumptions.assumeTrue(Files.exists(folder), "no shared references here");
        JsonNode golden = Golden.json(folder.resolve("golden.json"));
        TorchEngine engine = TorchEngine.start();
        try (ImageClassifier model =
                        ImageArchitectures.load(folder, Golden.LABELS, true, new LoadOptions(0, OptionalDouble.of(0)));
                OptimizerStep optimizer = new OptimizerStep(engine, Optimizer.AdamW, 0.01)) {
            try (NDManager scope = engine.newScope()) {
                assertThat(model.logits(batch(golden, scope), false).toFloatArray())
                        .containsExactly(floats(golden.at("/logits/values")), within(1e-4f));
            }
            int[] targets = StreamSupport.stream(
                            golden.at("/train/labels/values").spliterator(), false)
                    .mapToInt(JsonNode::asInt)
                    .toArray();
            int steps = golden.at("/train/losses").size();
            for (int step = 0; step < steps; step++) {
                try (NDManager scope = engine.newScope()) {
                    NDArray value = CrossEntropy.plain(engine)
                            .of(model.logits(batch(golden, scope), true), targets, targets.length, true);
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
        }
    }

    private static PixelBatch batch(JsonNode golden, NDManager scope) {
        JsonNode pixels = golden.at("/inputs/pixel_values");
        int size = pixels.at("/shape/2").asInt();
        return PixelBatch.of(
                scope, floats(pixels.path("values")), pixels.at("/shape/0").asInt(), size, size);
    }

    /** The folder of the weights comes from the outside: nothing that is not ours is committed. */
    @ParameterizedTest
    @CsvSource({
        "squeezenet1_0, squeezenet, ../../../shared/data/weights/squeezenet1_0",
        "efficientnet-lite0, efficientnet_lite, ../../../models/efficientnet-lite0"
    })
    void repeats_the_scores_of_real_weights_on_photos(String name, String type, Path weights, @TempDir Path temp)
            throws Exception {
        Path reference = SHARED.resolve("golden").resolve(name).resolve("golden.json");
        Assumptions.assumeTrue(Files.exists(reference) && Files.exists(weights), "no real weights here");
        Files.copy(weights.resolve("model.safetensors"), temp.resolve("model.safetensors"));
        Files.writeString(temp.resolve("config.json"), "{\"model_type\": \"%s\"}".formatted(type));
        JsonNode golden = Golden.json(reference);
        int edge = golden.path("size").asInt();
        ImageTransform transform = new ImageTransform(
                Optional.of(new Resize.Exact(new Size(edge, edge))),
                Resample.Bilinear,
                Optional.empty(),
                Normalisation.of(doubles(golden.path("mean")), doubles(golden.path("std"))));
        List<String> labels =
                IntStream.range(0, 1000).mapToObj(i -> "LABEL_" + i).toList();
        try (ImageClassifier model = ImageArchitectures.load(temp, labels, true, LoadOptions.seeded(0))) {
            assertThat(model.newlyInitialised()).isEmpty();
            for (JsonNode row : golden.path("rows")) {
                boolean photo = row.path("image").asText().endsWith(".jpg");
                float[] values = photo
                        ? prepared(transform, SHARED.resolve(row.path("image").asText()), edge)
                        : ramp();
                int size = photo ? edge : 64;
                if (photo) {
                    double mean = IntStream.range(0, values.length)
                            .mapToDouble(i -> values[i])
                            .average()
                            .orElseThrow();
                    assertThat(mean).isCloseTo(row.path("pixels_mean").asDouble(), within(1e-6));
                }
                try (NDManager scope = model.engine().newScope()) {
                    float[] logits = model.logits(PixelBatch.of(scope, values, 1, size, size), false)
                            .toFloatArray();
                    float[] expected = floats(row.path("logits"));
                    double largest = IntStream.range(0, logits.length)
                            .mapToDouble(i -> Math.abs(logits[i] - expected[i]))
                            .max()
                            .orElseThrow();
                    assertThat(largest).as(row.path("image").asText()).isLessThan(1e-3);
                }
            }
        }
    }

    private static float[] prepared(ImageTransform transform, Path photo, int edge) throws Exception {
        Pixels fitted = transform.fit(ImageDecoder.decode(photo));
        float[] values = new float[3 * edge * edge];
        transform.normalise(fitted, values, 0);
        return values;
    }

    private static float[] ramp() {
        float[] values = new float[3 * 64 * 64];
        for (int i = 0; i < values.length; i++) {
            values[i] = (i % 251) / 125.5f - 1;
        }
        return values;
    }

    private static float[] floats(JsonNode values) {
        float[] array = new float[values.size()];
        for (int i = 0; i < array.length; i++) {
            array[i] = (float) values.get(i).asDouble();
        }
        return array;
    }

    private static List<Double> doubles(JsonNode values) {
        return StreamSupport.stream(values.spliterator(), false)
                .map(JsonNode::asDouble)
                .toList();
    }
}
