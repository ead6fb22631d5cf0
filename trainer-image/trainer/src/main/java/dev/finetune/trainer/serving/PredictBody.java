package dev.finetune.trainer.serving;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.finetune.trainer.metric.Decisions;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * {@code POST /predict}: raw text, or as JSON a string, a list of strings, or an object whose {@code inputs} or {@code instances} are
 * one of these. One text gets one answer, a list gets a list.
 */
final class PredictBody {
    /** What a client asked; {@code single} when the answer is not a list. */
    record Request(List<String> texts, boolean single) {}

    private PredictBody() {}

    static Request parse(byte[] body, String contentType) {
        return switch (contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT)) {
            case "application/json" -> json(RequestJson.parse(body), "the body");
            // What curl -d sends when it is told nothing: the body is taken as it is.
            case "", "text/plain", "application/x-www-form-urlencoded", "application/octet-stream" -> raw(body);
            case String other -> throw new ApiException(415, "expected text/plain or application/json, got " + other);
        };
    }

    private static Request raw(byte[] body) {
        String text = RequestJson.text(body);
        if (text.isBlank()) {
            throw ApiException.badRequest(
                    "expected a text, got an empty body; for example: curl --data 'some text' HOST/predict");
        }
        return new Request(List.of(text), true);
    }

    private static Request json(JsonNode node, String where) {
        if (node.isTextual()) {
            return new Request(List.of(RequestJson.string(node, where)), true);
        }
        if (node.isArray()) {
            List<String> texts = RequestJson.texts(node, where);
            if (texts.isEmpty()) {
                throw ApiException.badRequest(where + ": expected at least one text");
            }
            return new Request(texts, false);
        }
        RequestJson.onlyKeys(node, "", Set.of("inputs", "instances"));
        if (node.size() != 1 || !node.isObject()) {
            throw ApiException.badRequest(
                    where + ": expected a string, a list of strings, or an object with either inputs or instances");
        }
        String key = node.fieldNames().next();
        JsonNode inner = node.get(key);
        if (!inner.isTextual() && !inner.isArray()) {
            throw ApiException.badRequest(key + ": expected a string or a list of strings");
        }
        return json(inner, key);
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
        int best = Decisions.best(row);
        node.put("label", model.labels().get(best)).put("probability", (float) row[best]);
        ObjectNode scores = node.putObject("scores");
        for (int j = 0; j < row.length; j++) {
            scores.put(model.labels().get(j), (float) row[j]);
        }
    }
}
