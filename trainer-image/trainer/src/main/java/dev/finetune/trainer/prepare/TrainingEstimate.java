package dev.finetune.trainer.prepare;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.finetune.api.DatasetSpec;
import dev.finetune.api.FailureClass;
import dev.finetune.api.FineTuneJobSpec;
import dev.finetune.api.StrategyType;
import dev.finetune.api.TextPreprocessing;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.training.ResolvedHyperparameters;
import dev.finetune.trainer.transform.TextCleaner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What training will take, before an accelerator is asked for. Steps are exact. Memory is a rough upper bound: 16 bytes for each
 * trained parameter (weight, gradient, two moments in F32), 4 for each frozen one, and for a batch of longest texts the activations
 * of a transformer block by Korthikanti et al., "Reducing Activation Recomputation in Large Transformer Models", 2022, eq. 2
 * (s b h (34 + 5 a s / h) bytes at two bytes a value, here doubled for F32).
 */
record TrainingEstimate(
        long steps, int maxLength, long parameterBytes, long activationBytes, TextPreprocessing cleaning) {
    private static final int LONGEST = 512;

    static TrainingEstimate of(FineTuneJobSpec spec, long examples, Path model) {
        ResolvedHyperparameters hyperparameters = ResolvedHyperparameters.of(spec.training());
        JsonNode config = json(model.resolve("config.json"));
        TextPreprocessing cleaning = cleaning(spec.dataset());
        int maxLength = maxLength(cleaning, config, model);
        boolean frozen = hyperparameters.strategy() == StrategyType.FeatureExtraction;
        long parameters = weightBytes(model) / Float.BYTES;
        return new TrainingEstimate(
                hyperparameters.epochs() * Math.ceilDiv(examples, (long) hyperparameters.examplesPerStep()),
                maxLength,
                parameters * (frozen ? 4 : 16),
                frozen ? 0 : activationBytes(config, hyperparameters.batchSize(), maxLength),
                cleaning);
    }

    /** One line for the log. */
    String describe() {
        return "training will take " + steps + " steps with texts of at most " + maxLength
                + " tokens, and about " + ((parameterBytes + activationBytes) >> 20) + " MiB at most ("
                + (parameterBytes >> 20)
                + " for parameters and optimizer, " + (activationBytes >> 20) + " for a batch of longest texts)";
    }

    /** How many texts have more words than maxLength: a word is at least one token, so the true number is not below. */
    long certainlyTruncated(List<Example> examples) {
        return examples.stream()
                .filter(e -> e.text().length() > maxLength)
                .filter(e -> TextCleaner.clean(e.text(), cleaning).strip().split("\\s+").length > maxLength)
                .count();
    }

    private static TextPreprocessing cleaning(@Nullable DatasetSpec dataset) {
        TextPreprocessing text = dataset == null || dataset.preprocessing() == null
                ? null
                : dataset.preprocessing().text();
        return text == null ? new TextPreprocessing(null, null, null, null) : text;
    }

    private static int maxLength(TextPreprocessing cleaning, JsonNode config, Path model) {
        int usable = config.path("max_position_embeddings").asInt(LONGEST);
        if (config.path("model_type").asText().contains("roberta")) {
            usable -= config.path("pad_token_id").asInt(1) + 1;
        }
        Path tokenizer = model.resolve("tokenizer_config.json");
        long stated = Files.exists(tokenizer)
                ? json(tokenizer).path("model_max_length").asLong(LONGEST)
                : LONGEST;
        int wanted = cleaning.maxLength() == null ? LONGEST : cleaning.maxLength();
        return (int) Stream.of((long) usable, stated <= 0 ? LONGEST : stated, (long) wanted)
                .mapToLong(Long::longValue)
                .min()
                .orElseThrow();
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
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static JsonNode json(Path file) {
        try {
            return JsonMapper.builder().build().readTree(file.toFile());
        } catch (IOException e) {
            throw new StageException(
                    FailureClass.InvalidData,
                    "The model's " + file.getFileName() + " is not JSON: " + e.getMessage() + ".",
                    e);
        }
    }
}
