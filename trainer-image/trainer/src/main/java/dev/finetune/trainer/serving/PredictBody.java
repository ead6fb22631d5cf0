package dev.finetune.trainer.serving;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.finetune.trainer.metric.Decisions;
import dev.finetune.trainer.transform.Input;
import dev.finetune.trainer.transform.TextInput;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * {@code POST /predict}: raw text, or as JSON a string, a list of strings, or an object whose {@code inputs} or {@code instances} are
 * one of these; for pairs an object of {@code text} and {@code textPair} in the place of a string. One input gets one answer, a list gets a list.
 */
final class PredictBody {
    private static final String TEXT = InferenceProtocol.INPUT;
    private static final String PAIR = InferenceProtocol.PAIR;
    private static final String PAIR_EXAMPLE = "{\"text\": \"some text\", \"textPair\": \"the other\"}";

    /** What a client asked; {@code single} when the answer is not a list. */
    record Request(List<? extends Input> inputs, boolean single) {}

    private PredictBody() {}

    static Request parse(byte[] body, String contentType, boolean pairs) {
        return switch (contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT)) {
            case "application/json" -> json(RequestJson.parse(body), "the body", pairs);
            // What curl -d sends when it is told nothing: the body is taken as it is.
            case "", "text/plain", "application/x-www-form-urlencoded", "application/octet-stream" -> raw(body, pairs);
            case String other -> throw new ApiException(415, "expected text/plain or application/json, got " + other);
        };
    }

    private static Request raw(byte[] body, boolean pairs) {
        String text = RequestJson.text(body);
        if (pairs) {
            throw ApiException.badRequest(
                    "expected two texts as JSON; for example: curl --json '" + PAIR_EXAMPLE + "' HOST/predict");
        }
        if (text.isBlank()) {
            throw ApiException.badRequest(
                    "expected a text, got an empty body; for example: curl --data 'some text' HOST/predict");
        }
        return new Request(List.of(TextInput.of(text)), true);
    }

    private static Request json(JsonNode node, String where, boolean pairs) {
        String one = pairs ? "an object such as " + PAIR_EXAMPLE : "a string";
        if (isInput(node, pairs)) {
            return new Request(List.of(input(node, where, pairs)), true);
        }
        if (node.isArray()) {
            List<TextInput> inputs = inputs(node, where, pairs);
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
        if (!isInput(inner, pairs) && !inner.isArray()) {
            throw ApiException.badRequest(key + ": expected " + one + " or a list of these");
        }
        return json(inner, key, pairs);
    }

    private static boolean isInput(JsonNode node, boolean pairs) {
        return pairs ? node.isObject() && (node.has(TEXT) || node.has(PAIR)) : node.isTextual();
    }

    private static TextInput input(JsonNode node, String where, boolean pairs) {
        if (!pairs) {
            return TextInput.of(RequestJson.string(node, where));
        }
        RequestJson.onlyKeys(node, where, Set.of(TEXT, PAIR));
        return new TextInput(
                RequestJson.string(node.path(TEXT), where + "." + TEXT),
                RequestJson.string(node.path(PAIR), where + "." + PAIR));
    }

    private static List<TextInput> inputs(JsonNode list, String where, boolean pairs) {
        if (!pairs) {
            return RequestJson.texts(list, where).stream().map(TextInput::of).toList();
        }
        RequestJson.limit(list.size());
        return IntStream.range(0, list.size())
                .mapToObj(i -> input(list.get(i), where + "[" + i + "]", pairs))
                .toList();
    }

    static ObjectNode response(Request request, LoadedModel model, double[][] scores) {
        ObjectNode response = JsonNodeFactory.instance.objectNode();
        if (request.single()) {
            fill(response, model, scores[0]);
        } else {
            ArrayNode predictions = response.putArray("predictions");
            for (double[] row : scores) {
                fill(predictions.addObject(), model, row);
            }
        }
        response.put("model_name", model.identity().name());
        response.put("model_version", model.identity().version());
        response.put("model_digest", model.identity().digest());
        return response;
    }

    private static void fill(ObjectNode node, LoadedModel model, double[] row) {
        switch (model.shape().answer()) {
            case Label -> {
                int best = Decisions.best(row);
                node.put(InferenceProtocol.LABEL, model.labels().get(best)).put("probability", (float) row[best]);
            }
            case Labels -> {
                ArrayNode given = node.putArray(InferenceProtocol.LABELS);
                model.given(row).forEach(given::add);
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
