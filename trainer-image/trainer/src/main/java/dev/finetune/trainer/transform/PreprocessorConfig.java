package dev.finetune.trainer.transform;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.transform.ImageTransform.Normalisation;
import dev.finetune.trainer.transform.ImageTransform.Resize;
import dev.finetune.trainer.transform.ImageTransform.Size;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A {@code preprocessor_config.json} as transformers' image processors and their older feature extractors write it, told apart by
 * {@code image_processor_type} or {@code feature_extractor_type}. ConvNeXt's (which ResNet shares) crops {@code crop_pct} of a larger
 * resize below 384 pixels; EfficientNet's may shift values by 1 and divide by std once more.
 */
public final class PreprocessorConfig {
    private static final List<Double> HALF = List.of(0.5, 0.5, 0.5);

    private final Path file;
    private final JsonNode json;
    private final String processor;

    private PreprocessorConfig(Path file, JsonNode json) {
        this.file = file;
        this.json = json;
        this.processor = json.path("image_processor_type")
                .asText(json.path("feature_extractor_type").asText(""));
    }

    /** What the file says, its processor's defaults filled in. */
    public static ImageTransform read(Path file, JsonNode json) {
        return new PreprocessorConfig(file, json).transform();
    }

    /**
     * The same in the words of transformers' {@code ViTImageProcessor} (one size) or {@code BitImageProcessor} (shorter edge and crop), so
     * that an artefact's images are prepared alike here and there.
     */
    public static ObjectNode write(ImageTransform transform) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        boolean cropped = transform.crop().isPresent();
        json.put("image_processor_type", cropped ? "BitImageProcessor" : "ViTImageProcessor");
        json.put("do_convert_rgb", true);
        json.put("do_resize", transform.resize().isPresent());
        transform.resize().ifPresent(resize -> {
            ObjectNode size = json.putObject("size");
            switch (resize) {
                case Resize.Shortest(int edge) -> size.put("shortest_edge", edge);
                case Resize.Exact(Size exact) -> put(size, exact);
            }
        });
        json.put("resample", transform.resample().number());
        json.put("do_center_crop", cropped);
        transform.crop().ifPresent(crop -> put(json.putObject("crop_size"), crop));
        Normalisation values = transform.normalisation();
        // A shift before the division is one of the mean.
        json.put("do_rescale", true).put("rescale_factor", values.scale());
        json.put("do_normalize", true);
        ArrayNode mean = json.putArray("image_mean");
        values.mean().forEach(m -> mean.add(m - values.offset()));
        ArrayNode std = json.putArray("image_std");
        values.std().forEach(std::add);
        return json;
    }

    private static void put(ObjectNode json, Size size) {
        json.put("height", size.height()).put("width", size.width());
    }

    private ImageTransform transform() {
        boolean resizes = flag("do_resize", true);
        JsonNode sizeNode = json.path("size");
        Optional<Resize> resize = resizes ? Optional.of(resize(sizeNode)) : Optional.empty();
        Optional<Size> crop =
                flag("do_center_crop", processor.startsWith("MobileNetV2")) ? Optional.of(crop()) : Optional.empty();
        if (resizes && isConvNext()) {
            int edge = resize.get() instanceof Resize.Shortest(int e)
                    ? e
                    : size(sizeNode, "size").height();
            Size square = new Size(edge, edge);
            if (edge < 384) {
                resize = Optional.of(new Resize.Shortest((int) (edge / number("crop_pct", 224.0 / 256))));
                crop = Optional.of(square);
            } else {
                resize = Optional.of(new Resize.Exact(square));
            }
        }
        return new ImageTransform(resize, resample(), crop, normalisation());
    }

    private boolean isConvNext() {
        return processor.startsWith("ConvNext") || json.hasNonNull("crop_pct");
    }

    private Resize resize(JsonNode node) {
        if (node.has("shortest_edge")) {
            return new Resize.Shortest(count(node.path("shortest_edge"), "size.shortest_edge"));
        }
        if (node.isIntegralNumber()
                && (isConvNext() || processor.startsWith("MobileNetV2") || flag("do_center_crop", false))) {
            return new Resize.Shortest(count(node, "size"));
        }
        if (node.isMissingNode()) {
            return processor.startsWith("MobileNetV2")
                    ? new Resize.Shortest(256)
                    : isConvNext()
                            ? new Resize.Shortest(384)
                            : new Resize.Exact(
                                    processor.startsWith("EfficientNet") ? new Size(346, 346) : new Size(224, 224));
        }
        return new Resize.Exact(size(node, "size"));
    }

    private Size crop() {
        JsonNode node = json.path("crop_size");
        if (node.isMissingNode()) {
            return processor.startsWith("EfficientNet") ? new Size(289, 289) : new Size(224, 224);
        }
        return size(node, "crop_size");
    }

    private Size size(JsonNode node, String key) {
        if (node.isIntegralNumber()) {
            int edge = count(node, key);
            return new Size(edge, edge);
        }
        if (node.isArray() && node.size() == 2) {
            return new Size(count(node.path(0), key), count(node.path(1), key));
        }
        return new Size(count(node.path("height"), key + ".height"), count(node.path("width"), key + ".width"));
    }

    private int count(JsonNode node, String key) {
        if (!node.isIntegralNumber() || node.asInt() < 1 || node.asInt() > 10_000) {
            throw invalid(key, "a whole number of pixels from 1 to 10000", node);
        }
        return node.asInt();
    }

    private Resample resample() {
        JsonNode node = json.path("resample");
        if (node.isMissingNode() || node.isNull()) {
            return processor.startsWith("EfficientNet") ? Resample.Nearest : Resample.Bilinear;
        }
        return Arrays.stream(Resample.values())
                .filter(r -> node.isIntegralNumber() && r.number() == node.asInt())
                .findFirst()
                .orElseThrow(() -> invalid("resample", "one of Pillow's numbers 0 to 5", node));
    }

    private Normalisation normalisation() {
        boolean rescales = flag("do_rescale", true);
        boolean normalises = flag("do_normalize", true);
        double scale = rescales ? number("rescale_factor", 1.0 / 255) : 1;
        double offset = rescales && flag("rescale_offset", false) ? -1 : 0;
        List<Double> mean = normalises ? channels("image_mean") : List.of(0.0, 0.0, 0.0);
        List<Double> std = normalises ? channels("image_std") : List.of(1.0, 1.0, 1.0);
        if (normalises && processor.startsWith("EfficientNet") && flag("include_top", true)) {
            std = std.stream().map(s -> s * s).toList();
        }
        return new Normalisation(scale, offset, mean, std);
    }

    private List<Double> channels(String key) {
        JsonNode node = json.path(key);
        if (node.isMissingNode() || node.isNull()) {
            return HALF;
        }
        List<Double> values = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            JsonNode value = node.isArray() ? node.path(i) : node;
            if (!value.isNumber() || (node.isArray() && node.size() != 3)) {
                throw invalid(key, "three numbers, one a channel", node);
            }
            values.add(value.asDouble());
        }
        return List.copyOf(values);
    }

    private boolean flag(String key, boolean absent) {
        return json.path(key).asBoolean(absent);
    }

    private double number(String key, double absent) {
        JsonNode node = json.path(key);
        if (node.isMissingNode() || node.isNull()) {
            return absent;
        }
        if (!node.isNumber() || !(node.asDouble() > 0)) {
            throw invalid(key, "a number above 0", node);
        }
        return node.asDouble();
    }

    private StageException invalid(String key, String expected, JsonNode found) {
        return new StageException(
                FailureClass.InvalidData,
                "%s: %s must be %s and is %s; correct the file, or set spec.dataset.preprocessing.image"
                        .formatted(file, key, expected, found.isMissingNode() ? "absent" : found));
    }
}
