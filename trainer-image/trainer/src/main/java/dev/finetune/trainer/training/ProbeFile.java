package dev.finetune.trainer.training;

import ai.djl.ndarray.NDManager;
import dev.finetune.api.Answer;
import dev.finetune.api.Json;
import dev.finetune.api.TextPreprocessing;
import dev.finetune.trainer.engine.RawTensor;
import dev.finetune.trainer.engine.SafetensorsWriter;
import dev.finetune.trainer.engine.TorchEngine;
import dev.finetune.trainer.engine.Weights;
import dev.finetune.trainer.model.Pooling;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** A probe on disk: its numbers as float32 in {@code probe.safetensors}, the rest in {@code probe.json}. */
final class ProbeFile {
    private static final String NUMBERS = "probe.safetensors";
    private static final String REST = "probe.json";

    private record Rest(
            String trainingDigest,
            Answer answer,
            List<String> labels,
            TextPreprocessing preprocessing,
            int maxLength,
            Pooling pooling,
            double c,
            double validationLoss,
            double threshold) {}

    private ProbeFile() {}

    /** Writes both files, the numbers first. */
    static void write(Path baselines, Probe probe, String trainingDigest, Lease lease) {
        SortedMap<String, RawTensor> numbers = new TreeMap<>();
        numbers.put("mean", tensor(probe.mean()));
        numbers.put("deviation", tensor(probe.deviation()));
        numbers.put("weights", tensor(probe.model().weights()));
        Rest rest = new Rest(
                trainingDigest,
                probe.model().answer(),
                probe.labels(),
                probe.preprocessing(),
                probe.maxLength(),
                probe.pooling(),
                probe.c(),
                probe.validationLoss(),
                probe.threshold());
        lease.write(baselines.resolve(NUMBERS), p -> SafetensorsWriter.write(p, numbers));
        lease.write(baselines.resolve(REST), rest);
    }

    /** Whether the folder holds the probe of that training. */
    static boolean isOf(Path baselines, String trainingDigest) {
        try {
            return Files.exists(baselines.resolve(REST))
                    && rest(baselines).trainingDigest().equals(trainingDigest);
        } catch (IOException e) {
            return false;
        }
    }

    /** Reads it back. */
    static Probe read(Path baselines) throws IOException {
        Rest rest = rest(baselines);
        Weights numbers = Weights.ofFile(baselines.resolve(NUMBERS));
        double[] mean = values(numbers, "mean");
        return new Probe(
                rest.labels(),
                rest.preprocessing(),
                rest.maxLength(),
                rest.pooling(),
                rest.c(),
                rest.validationLoss(),
                rest.threshold(),
                mean,
                values(numbers, "deviation"),
                switch (rest.answer()) {
                    case Label ->
                        new LogisticRegression(mean.length, rest.labels().size(), values(numbers, "weights"));
                    case Labels -> new OneVsRest(mean.length, rest.labels().size(), values(numbers, "weights"));
                    case Tags -> throw new IllegalStateException("there is no linear probe of words");
                    case Number -> new RidgeRegression(values(numbers, "weights"));
                });
    }

    private static Rest rest(Path baselines) throws IOException {
        return Json.MAPPER.readValue(Files.readAllBytes(baselines.resolve(REST)), Rest.class);
    }

    private static RawTensor tensor(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return RawTensor.of(floats, floats.length);
    }

    private static double[] values(Weights numbers, String name) {
        try (NDManager scope = TorchEngine.start().newScope()) {
            float[] floats = numbers.load(scope, name).toFloatArray();
            double[] doubles = new double[floats.length];
            for (int i = 0; i < doubles.length; i++) {
                doubles[i] = floats[i];
            }
            return doubles;
        }
    }
}
