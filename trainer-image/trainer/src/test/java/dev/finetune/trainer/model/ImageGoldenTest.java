package dev.finetune.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.finetune.api.Json;
import dev.finetune.api.Optimizer;
import dev.finetune.trainer.engine.CrossEntropy;
import dev.finetune.trainer.engine.Gradients;
import dev.finetune.trainer.engine.OptimizerStep;
import dev.finetune.trainer.engine.Parameter;
import dev.finetune.trainer.engine.TorchEngine;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Image models and their training against transformers (src/test/python/make_golden_images.py). */
class ImageGoldenTest {
    private static final double TOLERANCE = 1e-4;

    record Golden(String torch, String transformers, int size, int[] targets, float[] logits, List<Run> runs) {}

    record Run(
            boolean batchStatistics,
            double[] learningRates,
            double[] losses,
            double[] gradientNorms,
            Map<String, Double> parameterNorms,
            Map<String, Double> bufferNorms) {}

    @ParameterizedTest
    @ValueSource(strings = {"resnet-basic", "resnet-bottleneck", "vit", "convnext", "mobilenet-v2", "efficientnet"})
    void logits_equal_those_of_transformers(String name) throws IOException {
        Golden golden = golden(name);
        try (ImageClassifier model = load(name);
                NDManager scope = TorchEngine.start().newScope()) {
            assertThat(model.newlyInitialised()).isEmpty();
            assertThat(model.logits(batch(golden, scope), false).toFloatArray())
                    .containsExactly(golden.logits(), within(1e-5f));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"resnet-basic", "resnet-bottleneck", "vit", "convnext", "mobilenet-v2", "efficientnet"})
    void steps_of_training_equal_those_of_pytorch(String name) throws IOException {
        Golden golden = golden(name);
        for (Run run : golden.runs()) {
            repeat(name, golden, run);
        }
    }

    private static void repeat(String name, Golden golden, Run run) throws IOException {
        TorchEngine engine = TorchEngine.start();
        try (ImageClassifier model = load(name);
                OptimizerStep optimizer = new OptimizerStep(engine, Optimizer.SGD, 0.05)) {
            model.setBatchStatistics(run.batchStatistics());
            CrossEntropy loss = CrossEntropy.plain(engine);
            for (int step = 0; step < run.losses().length; step++) {
                try (NDManager scope = engine.newScope()) {
                    NDArray value = loss.of(
                            model.logits(batch(golden, scope), true), golden.targets(), golden.targets().length, true);
                    assertThat((double) value.getFloat())
                            .as("loss of step %d", step)
                            .isCloseTo(run.losses()[step], within(TOLERANCE));
                    System.gc();
                    try (Gradients gradients = Gradients.of(engine, value, model.trainableParameters())) {
                        assertThat(gradients.clip(1.0))
                                .as("gradient norm of step %d", step)
                                .isCloseTo(
                                        run.gradientNorms()[step],
                                        within(TOLERANCE * Math.max(1, run.gradientNorms()[step])));
                        optimizer.apply(gradients, run.learningRates()[step]);
                    }
                }
            }
            assertThat(model.parameters())
                    .extracting(Parameter::name)
                    .containsExactlyInAnyOrderElementsOf(run.parameterNorms().keySet());
            for (Parameter parameter : model.parameters()) {
                assertThat(norm(parameter.array()))
                        .as(parameter.name())
                        .isCloseTo(
                                run.parameterNorms().get(parameter.name()),
                                within(run.batchStatistics() ? 10 * TOLERANCE : TOLERANCE));
            }
            assertThat(model.buffers().keySet())
                    .containsExactlyInAnyOrderElementsOf(run.bufferNorms().keySet());
            // transformers means other momenta than PyTorch understands, but for ResNet.
            if (!run.batchStatistics() || name.startsWith("resnet")) {
                model.buffers()
                        .forEach((buffer, array) -> assertThat(norm(array))
                                .as(buffer)
                                .isCloseTo(run.bufferNorms().get(buffer), within(10 * TOLERANCE)));
            }
        }
    }

    private static Golden golden(String name) throws IOException {
        return Json.MAPPER.readValue(
                dev.finetune.trainer.model.Golden.folder("images/" + name)
                        .resolve("golden.json")
                        .toFile(),
                Golden.class);
    }

    private static ImageClassifier load(String name) {
        return ImageArchitectures.load(
                dev.finetune.trainer.model.Golden.folder("images/" + name),
                dev.finetune.trainer.model.Golden.LABELS,
                true,
                new LoadOptions(0, OptionalDouble.of(0)));
    }

    private static PixelBatch batch(Golden golden, NDManager scope) {
        float[] values = new float[4 * 3 * golden.size() * golden.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.sin(i);
        }
        return PixelBatch.of(scope, values, 4, golden.size(), golden.size());
    }

    private static double norm(NDArray array) {
        double sum = 0;
        for (float v : array.toFloatArray()) {
            sum += (double) v * v;
        }
        return Math.sqrt(sum);
    }
}
