package dev.finetune.trainer.serving;

import com.fasterxml.jackson.databind.JsonNode;
import dev.finetune.trainer.transform.ImageInput;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * {@code POST /predict} where the model looks at images: the bytes of an image file, or as JSON its base64, a list of these, or an object
 * whose {@code inputs} or {@code instances} are one of these. One image gets one answer, a list gets a list.
 */
final class ImageBody {
    private static final String EXAMPLE =
            "for example: curl --data-binary @photo.jpg -H 'Content-Type: image/jpeg' HOST/predict";

    private ImageBody() {}

    static PredictBody.Request parse(byte[] body, String contentType) {
        String type = contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
        if (type.equals("application/json")) {
            return json(RequestJson.parse(body), "the body");
        }
        // What curl --data-binary sends when it is told nothing: the bytes are taken as they are.
        if (!type.startsWith("image/")
                && !Set.of("", "application/octet-stream", "application/x-www-form-urlencoded")
                        .contains(type)) {
            throw new ApiException(415, "expected image/* or application/json, got " + type + "; " + EXAMPLE);
        }
        if (body.length == 0) {
            throw ApiException.badRequest("expected an image, got an empty body; " + EXAMPLE);
        }
        return request(List.of(ImageInput.of(body)), true);
    }

    private static PredictBody.Request json(JsonNode node, String where) {
        if (node.isTextual()) {
            return request(List.of(image(RequestJson.string(node, where), where)), true);
        }
        if (node.isArray()) {
            List<ImageInput> images = images(RequestJson.texts(node, where), where);
            if (images.isEmpty()) {
                throw ApiException.badRequest(where + ": expected at least one image");
            }
            return request(images, false);
        }
        RequestJson.onlyKeys(node, "", Set.of("inputs", "instances"));
        if (node.size() != 1 || !node.isObject()) {
            throw ApiException.badRequest(where
                    + ": expected an image in base64, a list of these, or an object with either inputs or instances");
        }
        String key = node.fieldNames().next();
        JsonNode inner = node.get(key);
        if (!inner.isTextual() && !inner.isArray()) {
            throw ApiException.badRequest(key + ": expected an image in base64, or a list of these");
        }
        return json(inner, key);
    }

    private static PredictBody.Request request(List<ImageInput> images, boolean single) {
        return new PredictBody.Request(
                images.stream().map(image -> Asked.of(image, false)).toList(), single);
    }

    /** Images from their base64. */
    static List<ImageInput> images(List<String> base64, String where) {
        return base64.stream().map(text -> image(text, where)).toList();
    }

    private static ImageInput image(String base64, String where) {
        try {
            return ImageInput.of(Base64.getDecoder().decode(base64));
        } catch (IllegalArgumentException e) {
            throw ApiException.badRequest(
                    where + ": expected an image file in base64, got text that is none (" + e.getMessage() + ")");
        }
    }
}
