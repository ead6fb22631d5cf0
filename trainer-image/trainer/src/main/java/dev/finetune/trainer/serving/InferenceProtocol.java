package dev.finetune.trainer.serving;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.finetune.api.Answer;
import dev.finetune.api.Json;
import dev.finetune.trainer.dataset.LabelSet;
import dev.finetune.trainer.metric.Decisions;
import dev.finetune.trainer.transform.Input;
import dev.finetune.trainer.transform.TextInput;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * The Open Inference Protocol, version 2, over JSON: one input {@code text} of datatype BYTES and shape [n], for pairs a
 * second one {@code textPair}, for images one input {@code image} of their files in base64; outputs {@code label}
 * BYTES [n] and {@code probabilities} FP32 [n, labels], or of numbers {@code score} FP32 [n]. Where a text may have several labels, output
 * {@code labels} BYTES [n] takes the place of {@code label}: tensors cannot be ragged, so each value is a JSON list of the labels given. A model that tags
 * words has the one output {@code entities} BYTES [n], each value a JSON list as {@code /predict} gives it.
 */
final class InferenceProtocol {
    static final String INPUT = "text";
    static final String PAIR = "textPair";
    static final String IMAGE = "image";
    static final String LABEL = "label";
    static final String LABELS = "labels";
    static final String PROBABILITIES = "probabilities";
    static final String SCORE = "score";
    static final String ENTITIES = "entities";

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    /** What a client asked: {@code id} is empty where it gave none. */
    record Request(String id, List<Asked> asked, Set<String> outputs) {
        List<Input> inputs() {
            return asked.stream().map(Asked::input).toList();
        }
    }

    private InferenceProtocol() {}

    static ObjectNode serverMetadata(String version) {
        ObjectNode metadata = NODES.objectNode();
        metadata.put("name", "finetune").put("version", version).putArray("extensions");
        return metadata;
    }

    static ObjectNode modelMetadata(LoadedModel model) {
        ObjectNode metadata = NODES.objectNode();
        metadata.put("name", model.identity().name());
        metadata.putArray("versions").add(model.identity().version());
        metadata.put("platform", "finetune_pytorch");
        ArrayNode inputs = metadata.putArray("inputs");
        names(model).forEach(name -> tensor(inputs.addObject(), name, "BYTES", -1));
        ArrayNode outputs = metadata.putArray("outputs");
        switch (model.shape().answer()) {
            case Label, Labels -> {
                tensor(outputs.addObject(), decided(model), "BYTES", -1);
                tensor(
                        outputs.addObject(),
                        PROBABILITIES,
                        "FP32",
                        -1,
                        model.labels().size());
            }
            case Tags -> tensor(outputs.addObject(), ENTITIES, "BYTES", -1);
            case Number -> tensor(outputs.addObject(), SCORE, "FP32", -1);
        }
        ObjectNode parameters = metadata.putObject("parameters");
        parameters.put("model_digest", model.identity().digest());
        ArrayNode labels = parameters.putArray("labels");
        model.labels().forEach(labels::add);
        if (model.shape().answer() == Answer.Labels) {
            parameters.put("threshold", model.threshold());
        }
        return metadata;
    }

    /** The output that says which label, or labels. */
    private static String decided(LoadedModel model) {
        return model.shape().answer() == Answer.Labels ? LABELS : LABEL;
    }

    private static List<String> names(LoadedModel model) {
        return model.shape().images() ? List.of(IMAGE) : model.shape().pairs() ? List.of(INPUT, PAIR) : List.of(INPUT);
    }

    static Request parse(byte[] body, LoadedModel model) {
        JsonNode root = RequestJson.parse(body);
        if (!root.isObject()) {
            throw ApiException.badRequest("expected an object with inputs, as the Open Inference Protocol has it");
        }
        RequestJson.onlyKeys(root, "", Set.of("id", "parameters", "inputs", "outputs"));
        JsonNode inputs = root.path("inputs");
        List<String> names = names(model);
        if (!inputs.isArray() || inputs.size() != names.size()) {
            throw ApiException.badRequest("inputs: expected one tensor named " + String.join(", and one named ", names)
                    + ", got " + (inputs.isArray() ? String.valueOf(inputs.size()) : "none"));
        }
        String id = root.has("id") ? RequestJson.string(root.get("id"), "id") : "";
        List<? extends Input> raw = model.shape().images()
                ? ImageBody.images(texts(inputs.get(0), "inputs[0]", IMAGE), "inputs[0].data")
                : inputs(inputs, names);
        List<Asked> asked = raw.stream()
                .map(input -> Asked.of(input, model.shape().ofWords()))
                .toList();
        return new Request(id, asked, outputs(root.path("outputs"), model));
    }

    private static List<TextInput> inputs(JsonNode tensors, List<String> names) {
        List<List<String>> columns = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            columns.add(texts(tensors.get(i), "inputs[" + i + "]", names.get(i)));
        }
        List<String> first = columns.getFirst();
        List<String> last = columns.getLast();
        if (first.size() != last.size()) {
            throw ApiException.badRequest("inputs: expected as many values of " + PAIR + " as of " + INPUT + ", got "
                    + last.size() + " and " + first.size());
        }
        return IntStream.range(0, first.size())
                .mapToObj(i -> new TextInput(first.get(i), columns.size() > 1 ? last.get(i) : null))
                .toList();
    }

    private static List<String> texts(JsonNode tensor, String where, String name) {
        RequestJson.onlyKeys(tensor, where, Set.of("name", "shape", "datatype", "parameters", "data"));
        expect(tensor, where, "name", name);
        expect(tensor, where, "datatype", "BYTES");
        if (!tensor.path("data").isArray()) {
            throw ApiException.badRequest(
                    where + ".data: expected a list of strings (binary tensors are not supported)");
        }
        List<String> texts = RequestJson.texts(tensor.path("data"), where + ".data");
        long elements = elements(tensor.path("shape"), where);
        if (elements != texts.size()) {
            throw ApiException.badRequest(where + ".shape: " + tensor.path("shape") + " has " + elements
                    + " elements, data has " + texts.size());
        }
        if (texts.isEmpty()) {
            throw ApiException.badRequest(where + ".data: expected at least one text");
        }
        return texts;
    }

    private static void expect(JsonNode tensor, String where, String field, String value) {
        if (!tensor.path(field).asText("").equals(value)) {
            throw ApiException.badRequest(where + "." + field + ": expected " + value + ", got "
                    + (tensor.has(field) ? tensor.get(field) : "nothing"));
        }
    }

    /** Texts stand in a vector, or in a column of one. */
    private static long elements(JsonNode shape, String where) {
        boolean vector = shape.isArray()
                && (shape.size() == 1 || (shape.size() == 2 && shape.get(1).asInt() == 1));
        if (!vector || !shape.get(0).isIntegralNumber() || !shape.get(0).canConvertToInt()) {
            throw ApiException.badRequest(where + ".shape: expected [n] or [n, 1], got " + shape);
        }
        return shape.get(0).intValue();
    }

    private static Set<String> outputs(JsonNode outputs, LoadedModel model) {
        List<String> known = switch (model.shape().answer()) {
            case Label, Labels -> List.of(decided(model), PROBABILITIES);
            case Tags -> List.of(ENTITIES);
            case Number -> List.of(SCORE);
        };
        if (outputs.isMissingNode() || outputs.isEmpty()) {
            return Set.copyOf(known);
        }
        Set<String> names = new TreeSet<>();
        for (int i = 0; i < outputs.size(); i++) {
            JsonNode output = outputs.path(i);
            RequestJson.onlyKeys(output, "outputs[" + i + "]", Set.of("name", "parameters"));
            String name = output.path("name").asText("");
            if (!known.contains(name)) {
                throw ApiException.badRequest(
                        "outputs[" + i + "].name: expected " + String.join(" or ", known) + ", got '" + name + "'");
            }
            if (output.path("parameters").has("classification")) {
                throw ApiException.badRequest(
                        "outputs[" + i + "].parameters.classification: the extension is not supported");
            }
            names.add(name);
        }
        return names;
    }

    static ObjectNode response(Request request, LoadedModel model, double[][] scores) {
        ObjectNode response = NODES.objectNode();
        response.put("model_name", model.identity().name());
        response.put("model_version", model.identity().version());
        if (!request.id().isEmpty()) {
            response.put("id", request.id());
        }
        response.putObject("parameters").put("model_digest", model.identity().digest());
        ArrayNode outputs = response.putArray("outputs");
        if (request.outputs().contains(LABEL)) {
            ArrayNode data =
                    tensor(outputs.addObject(), LABEL, "BYTES", scores.length).putArray("data");
            for (double[] row : scores) {
                data.add(model.labels().get(Decisions.best(row)));
            }
        }
        if (request.outputs().contains(LABELS)) {
            ArrayNode data =
                    tensor(outputs.addObject(), LABELS, "BYTES", scores.length).putArray("data");
            for (double[] row : scores) {
                data.add(LabelSet.of(model.given(row)));
            }
        }
        if (request.outputs().contains(PROBABILITIES)) {
            ArrayNode data = tensor(
                            outputs.addObject(),
                            PROBABILITIES,
                            "FP32",
                            scores.length,
                            model.labels().size())
                    .putArray("data");
            for (double[] row : scores) {
                for (double p : row) {
                    data.add((float) p);
                }
            }
        }
        if (request.outputs().contains(ENTITIES)) {
            ArrayNode data = tensor(outputs.addObject(), ENTITIES, "BYTES", scores.length)
                    .putArray("data");
            for (int i = 0; i < scores.length; i++) {
                data.add(Json.write(request.asked().get(i).entities(scores[i], model.labels())));
            }
        }
        if (request.outputs().contains(SCORE)) {
            ArrayNode data =
                    tensor(outputs.addObject(), SCORE, "FP32", scores.length).putArray("data");
            for (double[] row : scores) {
                data.add((float) row[0]);
            }
        }
        return response;
    }

    private static ObjectNode tensor(ObjectNode node, String name, String datatype, int... shape) {
        node.put("name", name).put("datatype", datatype);
        ArrayNode dimensions = node.putArray("shape");
        for (int n : shape) {
            dimensions.add(n);
        }
        return node;
    }
}
