package dev.finetune.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.engine.Parameter;
import dev.finetune.trainer.engine.RawTensor;
import dev.finetune.trainer.engine.Weights;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/**
 * Fills an architecture's parameters from published weights. A backbone parameter must be there in the shape that config.json implies; a
 * head parameter that is not is initialised, N(0, initializer_range) for weights, 1 for those of norms and 0 for biases, from the seed and
 * its name, and listed.
 */
final class ParameterLoader {
    private final boolean headersOnly;
    private final Path folder;
    private final Weights weights;
    private final String prefix;
    private final NDManager scope;
    private final long seed;
    private final double initializerRange;
    private final Map<String, Parameter> parameters = new LinkedHashMap<>();
    private final Map<String, NDArray> buffers = new LinkedHashMap<>();
    private final List<String> initialised = new ArrayList<>();

    ParameterLoader(Path folder, ModelConfig config, String prefix, NDManager scope, LoadOptions options) {
        this(folder, config, prefix, scope, options, false);
    }

    /** The same, or one that reads the headers alone: names and shapes are checked, values are not there. */
    ParameterLoader(
            Path folder, ModelConfig config, String prefix, NDManager scope, LoadOptions options, boolean headersOnly) {
        this.headersOnly = headersOnly;
        this.folder = folder;
        this.weights = Weights.ofFolder(folder);
        this.prefix = prefix;
        this.scope = scope;
        this.seed = options.seed();
        this.initializerRange = config.numberOr("initializer_range", 0.02);
    }

    /** A backbone weight of two or more dimensions. */
    NDArray weight(String name, long... shape) {
        String full = prefix + name;
        return add(full, checked(required(full), shape), false, shape);
    }

    private String required(String full) {
        return stored(full)
                .orElseThrow(() -> new StageException(
                        FailureClass.InvalidData,
                        "%s lacks the tensor %s that config.json calls for; it has %s; point spec.model at a matching config and weights"
                                .formatted(folder, full, sample())));
    }

    /** A running statistic of the backbone: a part of the model that no gradient moves. */
    NDArray buffer(String name, int size) {
        String full = prefix + name;
        NDArray array = checked(required(full), size);
        buffers.put(full, array);
        return array;
    }

    /** A constant in the place of a parameter that the config leaves out: neither trained nor saved. */
    NDArray constant(float value, int size) {
        float[] values = new float[size];
        Arrays.fill(values, value);
        return RawTensor.of(values, size).toTensor(scope);
    }

    /** A backbone bias or norm weight: no weight decay. */
    NDArray vector(String name, long size) {
        return weight(name, size);
    }

    /** A linear layer of the backbone: weight and bias. */
    List<NDArray> linear(String name, int out, int in) {
        return linear(name, out, in, true);
    }

    /** The same, or with zeros in the place of the bias. */
    List<NDArray> linear(String name, int out, int in, boolean bias) {
        return List.of(weight(name + ".weight", out, in), bias ? vector(name + ".bias", out) : constant(0, out));
    }

    /** A square convolution of the backbone: weight and bias. */
    List<NDArray> convolution(String name, int in, int out, int kernel) {
        return List.of(weight(name + ".weight", out, in, kernel, kernel), vector(name + ".bias", out));
    }

    /** A layer norm of the backbone: weight and bias. */
    List<NDArray> norm(String name, int size) {
        return norm(name, size, true);
    }

    /** The same, or with zeros in the place of the bias. */
    List<NDArray> norm(String name, int size, boolean bias) {
        return List.of(vector(name + ".weight", size), bias ? vector(name + ".bias", size) : constant(0, size));
    }

    /** A linear layer of the head, initialised where the base lacks it. */
    List<NDArray> headLinear(String name, int out, int in) {
        return headLinear(name, out, in, true);
    }

    /** The same, or with zeros in the place of the bias. */
    List<NDArray> headLinear(String name, int out, int in, boolean bias) {
        return List.of(head(name + ".weight", out, in), bias ? head(name + ".bias", out) : constant(0, out));
    }

    /** A layer norm of the head, which leaves its input as it is until it is trained, where the base lacks it. */
    List<NDArray> headNorm(String name, int size, boolean bias) {
        return List.of(
                stored(name + ".weight").isPresent() ? head(name + ".weight", size) : ones(name + ".weight", size),
                bias ? head(name + ".bias", size) : constant(0, size));
    }

    /** The layer that gives a score per label: taken from the base only if it was trained for these labels. */
    List<NDArray> outputLinear(String name, boolean labelsFit, int out, int in) {
        return labelsFit
                ? headLinear(name, out, in)
                : List.of(fresh(name + ".weight", out, in), fresh(name + ".bias", out));
    }

    /** The same as a convolution of one pixel. */
    List<NDArray> outputConvolution(String name, boolean labelsFit, int out, int in) {
        return labelsFit
                ? List.of(head(name + ".weight", out, in, 1, 1), head(name + ".bias", out))
                : List.of(fresh(name + ".weight", out, in, 1, 1), fresh(name + ".bias", out));
    }

    private NDArray head(String name, long... shape) {
        Optional<String> stored = stored(name);
        return stored.isPresent() ? add(name, checked(stored.get(), shape), true, shape) : fresh(name, shape);
    }

    private NDArray fresh(String name, long... shape) {
        if (headersOnly) {
            return unread();
        }
        float[] values = new float[Math.toIntExact(Arrays.stream(shape).reduce(1, Math::multiplyExact))];
        if (shape.length > 1) {
            Random random = new Random(seed ^ ((long) name.hashCode() << 32));
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (random.nextGaussian() * initializerRange);
            }
        }
        return initialised(name, values, shape);
    }

    private NDArray ones(String name, int size) {
        float[] values = new float[size];
        Arrays.fill(values, 1);
        return initialised(name, values, size);
    }

    private NDArray initialised(String name, float[] values, long... shape) {
        initialised.add(name);
        return add(name, RawTensor.of(values, shape).toTensor(scope), true, shape);
    }

    private NDArray unread() {
        return scope.create(new float[0]);
    }

    private NDArray add(String name, NDArray array, boolean head, long... shape) {
        parameters.put(name, new Parameter(name, array, head, shape.length > 1));
        return array;
    }

    /** The name under which a tensor is stored: with or without the prefix, norms also under their names of 2018. */
    private Optional<String> stored(String name) {
        String bare = name.startsWith(prefix) ? name.substring(prefix.length()) : name;
        List<String> candidates = new ArrayList<>(List.of(name, bare));
        if (bare.contains("LayerNorm.")) {
            for (String known : List.of(name, bare)) {
                candidates.add(known.replace("LayerNorm.weight", "LayerNorm.gamma")
                        .replace("LayerNorm.bias", "LayerNorm.beta"));
            }
        }
        return candidates.stream().filter(weights.names()::contains).findFirst();
    }

    private NDArray checked(String stored, long... shape) {
        if (!Arrays.equals(weights.shape(stored), shape)) {
            throw new StageException(
                    FailureClass.InvalidData,
                    "%s: tensor %s has the shape %s where config.json implies %s; config and weights are not of the same model"
                            .formatted(
                                    weights.file(stored),
                                    stored,
                                    Arrays.toString(weights.shape(stored)),
                                    Arrays.toString(shape)));
        }
        return headersOnly ? unread() : weights.load(scope, stored);
    }

    private String sample() {
        return weights.names().stream().limit(3).toList()
                + " and %d more".formatted(Math.max(0, weights.names().size() - 3));
    }

    List<Parameter> parameters() {
        return List.copyOf(parameters.values());
    }

    /** The running statistics by name. */
    Map<String, NDArray> buffers() {
        return Collections.unmodifiableMap(buffers);
    }

    List<String> initialised() {
        return List.copyOf(initialised);
    }
}
