package dev.finetune.trainer.model;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.util.PairList;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.finetune.api.Answer;
import dev.finetune.api.FailureClass;
import dev.finetune.api.TextPreprocessing;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.transform.TextCleaner;
import dev.finetune.trainer.transform.TextInput;
import dev.finetune.trainer.transform.Words;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The tokenizer of a model folder ({@code tokenizer.json}). Its own truncation and padding are always overridden (MiniLM's pads every
 * text to 128): a text is cut at {@code maxLength} tokens, special ones included, and padded only when it becomes part of a
 * {@link TokenBatch}. Safe for use by several threads.
 */
public final class TextTokenizer implements AutoCloseable {
    /** The tokenizer is asked for this many texts at once. */
    private static final int CHUNK = 256;

    /** What a tokenizer_config.json says when it has no limit: 1e30. */
    private static final long SANE_MAX_LENGTH = 100_000;

    private final HuggingFaceTokenizer tokenizer;
    private final int maxLength;
    private final boolean ofWords;

    private TextTokenizer(HuggingFaceTokenizer tokenizer, int maxLength, boolean ofWords) {
        this.ofWords = ofWords;
        this.tokenizer = tokenizer;
        this.maxLength = maxLength;
    }

    /** The folder's tokenizer, cutting texts at that many tokens. */
    public static TextTokenizer open(Path folder, int maxLength) {
        return open(folder, maxLength, false);
    }

    /** The same for answers of a kind: where these are tags, texts are cut into words first ({@link Words#split}). */
    public static TextTokenizer open(Path folder, int maxLength, Answer answer) {
        return open(folder, maxLength, answer == Answer.Tags);
    }

    private static TextTokenizer open(Path folder, int maxLength, boolean ofWords) {
        Path file = folder.resolve("tokenizer.json");
        if (Files.notExists(file)) {
            throw new StageException(
                    FailureClass.SourceUnavailable,
                    "%s is missing; save the tokenizer in its fast form (AutoTokenizer.from_pretrained(...).save_pretrained(...)) and store that file too"
                            .formatted(file));
        }
        try {
            JsonNode json = new ObjectMapper().readTree(file.toFile());
            if (!(json instanceof ObjectNode tokenizer) || !json.path("model").isObject()) {
                throw new StageException(
                        FailureClass.InvalidData,
                        "%s is not a tokenizer: it has no model; fetch it again".formatted(file));
            }
            checkUnknown(file, json);
            tokenizer.putNull("truncation").putNull("padding");
            if (ofWords) {
                spaceBeforeWords(tokenizer);
            }
            System.setProperty("ai.djl.offline", "true");
            return new TextTokenizer(
                    HuggingFaceTokenizer.newInstance(
                            new ByteArrayInputStream(new ObjectMapper().writeValueAsBytes(tokenizer)),
                            Map.of(
                                    "padding",
                                    "do_not_pad",
                                    "truncation",
                                    "longest_first",
                                    "maxLength",
                                    Integer.toString(maxLength),
                                    "modelMaxLength",
                                    Integer.toString(maxLength))),
                    maxLength,
                    ofWords);
        } catch (IOException | RuntimeException e) {
            if (e instanceof StageException known) {
                throw known;
            }
            throw new StageException(
                    FailureClass.InvalidData,
                    "%s cannot be used as a tokenizer: %s".formatted(file, e.getMessage()),
                    e);
        }
    }

    /** Without a token for what its vocabulary lacks, the native tokenizer ends the whole process at the first such text. */
    private static void checkUnknown(Path file, JsonNode tokenizer) {
        JsonNode model = tokenizer.path("model");
        JsonNode vocabulary = model.path("vocab");
        // A list is Unigram's; of bytes every text can be made.
        boolean list = vocabulary.isArray();
        String key = list ? "unk_id" : "unk_token";
        JsonNode unknown = model.path(key);
        boolean needed = switch (model.path("type").asText(list ? "Unigram" : "")) {
            case "BPE" ->
                unknown.isTextual()
                        && !tokenizer.path("pre_tokenizer").toString().contains("ByteLevel");
            case "" -> unknown.isTextual();
            default -> true;
        };
        if (needed && !(list ? vocabulary.has(unknown.asInt(-1)) : vocabulary.has(unknown.asText("")))) {
            throw new StageException(
                    FailureClass.InvalidData,
                    "%s: the vocabulary of its model has no token for unknown text (%s is %s); fetch it again"
                            .formatted(file, key, unknown.isMissingNode() ? "absent" : unknown));
        }
    }

    /**
     * Makes a byte-level tokenizer see every word as one inside a text, with the space before it, as transformers demands of words that are cut already
     * ({@code add_prefix_space}). Gives whether it is of that kind.
     */
    static boolean spaceBeforeWords(ObjectNode tokenizer) {
        boolean found = false;
        for (JsonNode splitter : List.of(tokenizer.path("pre_tokenizer"), tokenizer.path("post_processor"))) {
            for (JsonNode type : splitter.findParents("add_prefix_space")) {
                // Others that have this key, such as Metaspace of older files, are left as they are.
                if (type instanceof ObjectNode one
                        && List.of("ByteLevel", "RobertaProcessing")
                                .contains(one.path("type").asText())) {
                    one.put("add_prefix_space", true);
                    found |= one.path("type").asText().equals("ByteLevel");
                }
            }
        }
        return found;
    }

    /** The tokens of each input after cleaning, a text that is cut into words word by word: what cleaning makes of one stays one. */
    public List<Tokens> encode(List<TextInput> inputs, TextPreprocessing cleaning) {
        return ofWords
                ? inputs.stream().map(i -> words(i.text(), cleaning)).toList()
                : encode(inputs.stream().map(i -> i.cleaned(cleaning)).toList());
    }

    private Tokens words(String text, TextPreprocessing cleaning) {
        List<String> words = Words.split(text).stream()
                .map(word -> TextCleaner.clean(word, cleaning))
                .toList();
        Encoding encoding = words.isEmpty() ? tokenizer.encode("") : tokenizer.encode(words);
        int[] first = new int[words.size()];
        Arrays.fill(first, -1);
        long[] wordIds = encoding.getWordIds();
        for (int i = wordIds.length - 1; i >= 0 && !words.isEmpty(); i--) {
            if (wordIds[i] >= 0) {
                first[Math.toIntExact(wordIds[i])] = i;
            }
        }
        return new Tokens(ints(encoding.getIds()), ints(encoding.getTypeIds()), first);
    }

    /** The default for {@code maxLength}: the least of what tokenizer_config.json says (if sane), the model's usable positions, and 512. */
    public static int defaultMaxLength(Path folder) {
        int positions = Architectures.usablePositions(ModelConfig.read(folder));
        Path file = folder.resolve("tokenizer_config.json");
        if (Files.exists(file)) {
            JsonNode limit = ModelConfig.json(file).path("model_max_length");
            if (limit.isNumber() && limit.asDouble() >= 1 && limit.asDouble() <= SANE_MAX_LENGTH) {
                positions = Math.min(positions, limit.asInt());
            }
        }
        return Math.min(positions, 512);
    }

    /** The tokens of each input, cut at {@link #maxLength()}: of a pair the longer text first. All are single texts, or all are pairs. */
    public List<Tokens> encode(List<TextInput> inputs) {
        List<Tokens> all = new ArrayList<>(inputs.size());
        for (int from = 0; from < inputs.size(); from += CHUNK) {
            for (Encoding encoding : encodings(inputs.subList(from, Math.min(from + CHUNK, inputs.size())))) {
                all.add(new Tokens(ints(encoding.getIds()), ints(encoding.getTypeIds())));
            }
        }
        return all;
    }

    private Encoding[] encodings(List<TextInput> inputs) {
        if (inputs.getFirst().textPair() == null) {
            return tokenizer.batchEncode(inputs.stream().map(TextInput::text).toList());
        }
        PairList<String, String> pairs = new PairList<>(inputs.size());
        inputs.forEach(i -> pairs.add(i.text(), Objects.requireNonNull(i.textPair(), "all inputs are pairs")));
        return tokenizer.batchEncode(pairs);
    }

    private static int[] ints(long[] values) {
        return Arrays.stream(values).mapToInt(Math::toIntExact).toArray();
    }

    /** Where texts are cut. */
    public int maxLength() {
        return maxLength;
    }

    @Override
    public void close() {
        tokenizer.close();
    }
}
