package dev.finetune.trainer.model;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.finetune.trainer.engine.Parameter;
import dev.finetune.trainer.engine.RawTensor;
import dev.finetune.trainer.engine.SafetensorsWriter;
import dev.finetune.trainer.transform.ImageTransform;
import dev.finetune.trainer.transform.PreprocessorConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** A model folder as Hugging Face writes it, made from the one that the model was loaded from. */
record ModelFolder(Path base, ModelConfig config) {
    private static final ObjectWriter PRETTY = new ObjectMapper().writer(SerializationFeature.INDENT_OUTPUT);
    private static final List<String> TOKENIZER_FILES =
            List.of("vocab.txt", "vocab.json", "merges.txt", "special_tokens_map.json", "added_tokens.json");

    /** How PyTorch names a batch norm's mean. */
    private static final String RUNNING_MEAN = ".running_mean";

    void save(Path target, SequenceClassifier model, int maxLength) throws IOException {
        saveNetwork(target, model);
        saveTokenizer(target, maxLength, model.problem());
    }

    void save(Path target, ImageClassifier model, ImageTransform transform) throws IOException {
        saveNetwork(target, model);
        PRETTY.writeValue(target.resolve(ImagePreparation.FILE).toFile(), PreprocessorConfig.write(transform));
    }

    private void saveNetwork(Path target, Network<?> model) throws IOException {
        Files.createDirectories(target);
        SortedMap<String, NDArray> tensors = new TreeMap<>(model.buffers());
        for (Parameter parameter : model.parameters()) {
            tensors.put(parameter.name(), parameter.array());
        }
        List<String> counts = model.buffers().keySet().stream()
                .filter(name -> name.endsWith(RUNNING_MEAN))
                .map(name -> name.substring(0, name.length() - RUNNING_MEAN.length()) + ".num_batches_tracked")
                .sorted()
                .toList();
        SafetensorsWriter.write(target.resolve("model.safetensors"), RawTensor.copyOf(tensors), counts);
        PRETTY.writeValue(target.resolve("config.json").toFile(), configOf(model));
    }

    private ObjectNode configOf(Network<?> model) {
        ObjectNode json = config.json().deepCopy();
        json.remove(List.of("_name_or_path", "auto_map", "dtype", "num_labels"));
        json.putArray("architectures").add(model.architecture());
        ObjectNode id2label = json.putObject("id2label");
        ObjectNode label2id = json.putObject("label2id");
        for (int i = 0; i < model.labels().size(); i++) {
            id2label.put(Integer.toString(i), model.labels().get(i));
            label2id.put(model.labels().get(i), i);
        }
        if (model.problem().isOfWords()) {
            json.remove("problem_type");
        } else {
            json.put("problem_type", model.problem().name());
        }
        json.put("torch_dtype", "float32");
        model.dropouts().forEach(json::put);
        return json;
    }

    private void saveTokenizer(Path target, int maxLength, Problem problem) throws IOException {
        ObjectNode tokenizer = ModelConfig.json(base.resolve("tokenizer.json"));
        tokenizer.putNull("padding");
        tokenizer.putNull("truncation");
        boolean spaces = problem.isOfWords() && TextTokenizer.spaceBeforeWords(tokenizer);
        new ObjectMapper().writeValue(target.resolve("tokenizer.json").toFile(), tokenizer);
        Path settings = base.resolve("tokenizer_config.json");
        ObjectNode tokenizerConfig =
                Files.exists(settings) ? ModelConfig.json(settings) : new ObjectMapper().createObjectNode();
        tokenizerConfig.remove(List.of("name_or_path", "_name_or_path", "auto_map"));
        tokenizerConfig.put("model_max_length", maxLength);
        agree(tokenizerConfig, tokenizer);
        if (spaces) {
            tokenizerConfig.put("add_prefix_space", true);
        }
        PRETTY.writeValue(target.resolve("tokenizer_config.json").toFile(), tokenizerConfig);
        for (String name : TOKENIZER_FILES) {
            if (Files.exists(base.resolve(name))) {
                Files.copy(base.resolve(name), target.resolve(name), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    /**
     * Makes the settings say what tokenizer.json does, from which the model learned: where they, or their defaults in transformers, say
     * something else, transformers changes a tokenizer of BERT's kind, or of bytes, when it opens it.
     */
    private static void agree(ObjectNode settings, ObjectNode tokenizer) {
        JsonNode normalizer = tokenizer.path("normalizer");
        if (isOfType(normalizer, "BertNormalizer")) {
            set(settings, "do_lower_case", normalizer, "lowercase");
            set(settings, "strip_accents", normalizer, "strip_accents");
            set(settings, "tokenize_chinese_chars", normalizer, "handle_chinese_chars");
        }
        JsonNode splitter = tokenizer.path("pre_tokenizer");
        if (isOfType(splitter, "ByteLevel")) {
            set(settings, "add_prefix_space", splitter, "add_prefix_space");
        }
    }

    private static boolean isOfType(JsonNode part, String type) {
        return part.path("type").asText().equals(type);
    }

    private static void set(ObjectNode settings, String name, JsonNode part, String key) {
        if (part.has(key)) {
            settings.set(name, part.path(key));
        }
    }
}
