package dev.finetune.trainer.prepare;

import com.fasterxml.jackson.databind.JsonNode;
import dev.finetune.api.DatasetSpec;
import dev.finetune.api.FineTuneJobSpec;
import dev.finetune.api.StrategyType;
import dev.finetune.api.TextPreprocessing;
import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.model.Architectures;
import dev.finetune.trainer.model.ModelConfig;
import dev.finetune.trainer.model.TextTokenizer;
import dev.finetune.trainer.model.Tokens;
import dev.finetune.trainer.training.ClassBalance;
import dev.finetune.trainer.training.ResolvedHyperparameters;
import dev.finetune.trainer.transform.TextInput;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What training will take, told before an accelerator is asked for. Steps and token counts are exact. Memory is a rough upper bound:
 * 16 bytes for each trained parameter (weight, gradient and two moments in F32), 4 for each frozen one, and for a batch of the longest
 * texts the activations of a transformer block by Korthikanti et al., "Reducing Activation Recomputation in Large Transformer Models",
 * 2022, equation 2 (s b h (34 + 5 a s / h) bytes at two bytes a value, here doubled for F32).
 *
 * @param longest tokens of the longest training text as it will be trained on
 * @param truncated training texts that are cut at {@code maxLength}
 */
record TrainingEstimate(
        long steps, int maxLength, int longest, long truncated, long parameterBytes, long activationBytes) {
    /** Texts that are tokenised at once. */
    private static final int CHUNK = 1_000;

    static TrainingEstimate of(FineTuneJobSpec spec, List<Example> train, Path model) {
        ResolvedHyperparameters hyperparameters = ResolvedHyperparameters.of(spec.training());
        ModelConfig config = ModelConfig.read(model);
        TextPreprocessing cleaning = cleaning(spec.dataset());
        int usable = Architectures.usablePositions(config);
        int maxLength = cleaning.maxLength() == null
                ? TextTokenizer.defaultMaxLength(model)
                : Math.min(usable, cleaning.maxLength());
        int longest = 0;
        long truncated = 0;
        // One more than the limit tells a text that fits exactly from one that is cut.
        try (TextTokenizer tokenizer = TextTokenizer.open(model, maxLength + 1, spec.answer())) {
            for (int from = 0; from < train.size(); from += CHUNK) {
                List<TextInput> inputs = train.subList(from, Math.min(from + CHUNK, train.size())).stream()
                        .map(Example::input)
                        .toList();
                for (Tokens tokens : tokenizer.encode(inputs, cleaning)) {
                    longest = Math.max(longest, Math.min(tokens.length(), maxLength));
                    truncated += tokens.length() > maxLength ? 1 : 0;
                }
            }
        }
        boolean frozen = hyperparameters.strategy() == StrategyType.FeatureExtraction;
        long parameters = weightBytes(model) / Float.BYTES;
        return new TrainingEstimate(
                steps(hyperparameters, spec, train),
                maxLength,
                longest,
                truncated,
                parameters * (frozen ? 4 : 16),
                frozen ? 0 : activationBytes(config.json(), hyperparameters.batchSize(), longest));
    }

    /** That of images: what their activations take depends on the network and is not told. */
    static TrainingEstimate ofImages(FineTuneJobSpec spec, List<Example> train, Path model) {
        ResolvedHyperparameters hyperparameters = ResolvedHyperparameters.of(spec.training());
        boolean frozen = hyperparameters.strategy() == StrategyType.FeatureExtraction;
        return new TrainingEstimate(
                steps(hyperparameters, spec, train), 0, 0, 0, weightBytes(model) / Float.BYTES * (frozen ? 4 : 16), 0);
    }

    private static long steps(ResolvedHyperparameters hyperparameters, FineTuneJobSpec spec, List<Example> train) {
        return hyperparameters.epochs()
                * Math.ceilDiv(ClassBalance.examplesPerEpoch(spec, train), (long) hyperparameters.examplesPerStep());
    }

    /** One line for the log. */
    String describe() {
        if (maxLength == 0) {
            return "training will take " + steps + " steps; about " + (parameterBytes >> 20)
                    + " MiB for parameters and optimizer, and the activations of a batch of images";
        }
        return "training will take " + steps + " steps; the longest text has " + longest + " tokens, " + truncated
                + " are cut at " + maxLength + "; about " + ((parameterBytes + activationBytes) >> 20)
                + " MiB at most ("
                + (parameterBytes >> 20) + " for parameters and optimizer, " + (activationBytes >> 20)
                + " for a batch of longest texts)";
    }

    static TextPreprocessing cleaning(@Nullable DatasetSpec dataset) {
        TextPreprocessing text = dataset == null || dataset.preprocessing() == null
                ? null
                : dataset.preprocessing().text();
        return text == null ? new TextPreprocessing(null, null, null, null) : text;
    }

    private static long activationBytes(JsonNode config, long batch, long length) {
        long layers = first(config, "num_hidden_layers", "n_layers");
        long hidden = first(config, "hidden_size", "dim");
        long heads = first(config, "num_attention_heads", "n_heads");
        return 2 * layers * length * batch * (34 * hidden + 5 * heads * length);
    }

    private static long first(JsonNode config, String name, String otherName) {
        return config.path(name).asLong(config.path(otherName).asLong(0));
    }

    private static long weightBytes(Path model) {
        try (Stream<Path> files = Files.list(model)) {
            long bytes = 0;
            for (Path file :
                    files.filter(f -> f.toString().endsWith(".safetensors")).toList()) {
                bytes += Files.size(file);
            }
            return bytes;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
