package dev.finetune.trainer.model;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.finetune.api.Json;
import dev.finetune.api.Optimizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The project's own references, made by src/test/python/make_golden.py: a tiny model and what transformers computes with it. */
record Golden(
        String torch,
        String transformers,
        int rows,
        int length,
        int padId,
        long[] ids,
        long[] mask,
        long @Nullable [] types,
        int[] targets,
        float[] hidden,
        float[] logits,
        List<Run> runs) {
    static final List<String> LABELS = List.of("LABEL_0", "LABEL_1", "LABEL_2");

    record Run(
            Optimizer optimizer,
            double weightDecay,
            double labelSmoothing,
            @Nullable List<Float> classWeights,
            boolean headOnly,
            double[] learningRates,
            double[] losses,
            double[] gradientNorms,
            Map<String, Double> parameterNorms) {}

    static Path folder(String name) {
        try {
            return Path.of(Golden.class.getResource("/golden/" + name).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    static Golden of(String name) {
        try {
            return Json.MAPPER.readValue(folder(name).resolve("golden.json").toFile(), Golden.class);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static JsonNode json(Path file) {
        try {
            return new ObjectMapper().readTree(file.toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    TokenBatch batch(NDManager scope) {
        return TokenBatch.of(scope, ids, mask, types == null ? new long[rows * length] : types, rows, length);
    }
}
