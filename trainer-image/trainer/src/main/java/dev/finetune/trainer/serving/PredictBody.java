package dev.finetune.trainer.serving;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.finetune.api.Json;
import dev.finetune.trainer.metric.Decisions;
import dev.finetune.trainer.serving.LoadedModel.Shape;
import dev.finetune.trainer.transform.Input;
import dev.finetune.trainer.transform.TextInput;
import dev.finetune.trainer.transform.Words;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * {@code POST /predict}: raw text, or as JSON a string, a list of strings, or an object whose {@code inputs} or {@code instances} are
 * one of these; for pairs an object of {@code text} and {@code textPair} in the place of a string, and for models that tag
 * words also one of {@code tokens}, words that the client has cut. One input gets one answer, a list gets a list.
 */
final class PredictBody {
    private static final String TEXT = InferenceProtocol.INPUT;
    private static final String PAIR = InferenceProtocol.PAIR;
    private static final String TOKENS = "tokens";
    private static final String TOKENS_EXAMPLE = "{\"tokens\": [\"New\", \"York\"]}";
    private static final String PAIR_EXAMPLE = "{\"text\": \"some text\", \"textPair\": \"the other\"}";

    /** What a client asked; {@code single} when the answer is not a list. */
    record Request(List<Asked> asked, boolean single) {
        List<Input> inputs() {
            return asked.stream().map(Asked::input).toList();
        }
    }

    private PredictBody() {}

    static Request parse(byte[] body, String contentType, Shape shape) {
        return switch (contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT)) {
            case "application/json" -> json(RequestJson.parse(body), "the body", shape);
            // What curl -d sends when it is told nothing: the body is taken as it is.
            case "", "text/plain", "application/x-www-form-urlencoded", "application/octet-stream" -> raw(body, shape);
            case String other -> throw new ApiException(415, "expected text/plain or application/json, got " + other);
        };
    }

    private static Request raw(byte[] body, Shape shape) {
        String text = RequestJson.text(body);
        if (shape.pairs()) {
            throw ApiException.badRequest(
                    "expected two texts as JSON; for example: curl --json '" + PAIR_EXAMPLE + "' HOST/predict");
        }
        if (text.isBlank()) {
            throw ApiException.badRequest(
                    "expected a text, got an empty body; for example: curl --data 'some text' HOST/predict");
        }
        return new Request(List.of(Asked.of(TextInput.of(text), shape.ofWords())), true);
    }

    private static Request json(JsonNode node, String where, Shape shape) {
        String one = shape.pairs()
                ? "an object such as " + PAIR_EXAMPLE
                : shape.ofWords() ? "a string or an object such as " + TOKENS_EXAMPLE : "a string";
        if (isInput(node, shape)) {
            return new Request(List.of(input(node, where, shape)), true);
        }
        if (node.isArray()) {
            List<Asked> inputs = inputs(node, where, shape);
            if (inputs.isEmpty()) {
                throw ApiException.badRequest(where + ": expected at least one text");
            }
            return new Request(inputs, false);
        }
        RequestJson.onlyKeys(node, "", Set.of("inputs", "instances"));
        if (node.size() != 1 || !node.isObject()) {
            throw ApiException.badRequest(
                    where + ": expected " + one + ", a list of these, or an object with either inputs or instances");
        }
        String key = node.fieldNames().next();
        JsonNode inner = node.get(key);
        if (!isInput(inner, shape) && !inner.isArray()) {
            throw ApiException.badRequest(key + ": expected " + one + " or a list of these");
        }
        return json(inner, key, shape);
    }

    private static boolean isInput(JsonNode node, Shape shape) {
        if (shape.pairs()) {
            return node.isObject() && (node.has(TEXT) || node.has(PAIR));
        }
        return node.isTextual() || (shape.ofWords() && node.isObject() && node.has(TOKENS));
    }

    private static Asked input(JsonNode node, String where, Shape shape) {
        if (shape.pairs()) {
            RequestJson.onlyKeys(node, where, Set.of(TEXT, PAIR));
            TextInput both = new TextInput(
                    RequestJson.string(node.path(TEXT), where + "." + TEXT),
                    RequestJson.string(node.path(PAIR), where + "." + PAIR));
            return Asked.of(both, false);
        }
        if (shape.ofWords() && node.isObject()) {
            RequestJson.onlyKeys(node, where, Set.of(TOKENS));
            return Asked.of(Words.of(tokens(node.path(TOKENS), where + "." + TOKENS)));
        }
        return Asked.of(TextInput.of(RequestJson.string(node, where)), shape.ofWords());
    }

    /** Words that the client has cut. */
    private static List<String> tokens(JsonNode list, String where) {
        if (!list.isArray() || list.isEmpty()) {
            throw ApiException.badRequest(where + ": expected a list of words such as [\"New\", \"York\"]");
        }
        List<String> tokens = new ArrayList<>();
        for (int i = 0; i < list.size(); i++) {
            String token = RequestJson.string(list.get(i), where + "[" + i + "]");
            if (token.isBlank() || Words.split(token).size() > 1) {
                throw ApiException.badRequest(
                        where + "[" + i + "]: expected a word without a space, got '" + token + "'");
            }
            tokens.add(token);
        }
        return tokens;
    }

    private static List<Asked> inputs(JsonNode list, String where, Shape shape) {
        if (!shape.pairs() && !shape.ofWords()) {
            return RequestJson.texts(list, where).stream()
                    .map(text -> Asked.of(TextInput.of(text), false))
                    .toList();
        }
        RequestJson.limit(list.size());
        return IntStream.range(0, list.size())
                .mapToObj(i -> input(list.get(i), where + "[" + i + "]", shape))
                .toList();
    }

    static ObjectNode response(Request request, LoadedModel model, double[][] scores) {
        ObjectNode response = JsonNodeFactory.instance.objectNode();
        if (request.single()) {
            fill(response, model, request.asked().getFirst(), scores[0]);
        } else {
            ArrayNode predictions = response.putArray("predictions");
            for (int i = 0; i < scores.length; i++) {
                fill(predictions.addObject(), model, request.asked().get(i), scores[i]);
            }
        }
        response.put("model_name", model.identity().name());
        response.put("model_version", model.identity().version());
        response.put("model_digest", model.identity().digest());
        return response;
    }

    private static void fill(ObjectNode node, LoadedModel model, Asked asked, double[] row) {
        switch (model.shape().answer()) {
            case Label -> {
                int best = Decisions.best(row);
                node.put(InferenceProtocol.LABEL, model.labels().get(best)).put("probability", (float) row[best]);
            }
            case Labels -> {
                ArrayNode given = node.putArray(InferenceProtocol.LABELS);
                model.given(row).forEach(given::add);
            }
            case Tags -> {
                node.set(InferenceProtocol.ENTITIES, Json.MAPPER.valueToTree(asked.entities(row, model.labels())));
                return;
            }
            case Number -> {
                node.put(InferenceProtocol.SCORE, (float) row[0]);
                return;
            }
        }
        ObjectNode scores = node.putObject("scores");
        for (int j = 0; j < row.length; j++) {
            scores.put(model.labels().get(j), (float) row[j]);
        }
    }
}
