package dev.finetune.trainer.model;

import ai.djl.ndarray.NDManager;
import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.engine.TorchEngine;
import dev.finetune.trainer.transform.ImageTransform;
import dev.finetune.trainer.transform.Resample;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The image architectures, by {@code model_type} of config.json. */
final class ImageArchitectures {
    private static final List<Double> HALF = List.of(0.5, 0.5, 0.5);
    private static final List<Double> IMAGENET_MEAN = List.of(0.485, 0.456, 0.406);
    private static final List<Double> IMAGENET_STD = List.of(0.229, 0.224, 0.225);

    /**
     * What is known of an architecture.
     *
     * @param prepared how its published weights want images, where no preprocessor_config.json says so
     */
    private record Architecture(
            String prefix,
            Function<ImageClassifier.Setup, ImageClassifier> classifier,
            Function<ModelConfig, ImageTransform> prepared) {}

    private static final Map<String, Architecture> KNOWN = new TreeMap<>(Map.of(
            "resnet",
            new Architecture("resnet.", ResNet::new, c -> imageNet(Resample.Bicubic)),
            "vit",
            new Architecture("vit.", Vit::new, c -> square(c, Resample.Bilinear, HALF, HALF)),
            "convnext",
            new Architecture("convnext.", ConvNext::new, c -> imageNet(Resample.Bicubic)),
            "mobilenet_v2",
            new Architecture("mobilenet_v2.", MobileNetV2::new, ImageArchitectures::mobileNet),
            "efficientnet",
            new Architecture(
                    "efficientnet.", EfficientNet::new, c -> square(c, Resample.Nearest, IMAGENET_MEAN, IMAGENET_STD)),
            "efficientnet_lite",
            new Architecture(
                    "",
                    EfficientNetLite::new,
                    c -> ImageTransform.cropped(256, 224, Resample.Bicubic, bytes(127), bytes(128))),
            "squeezenet",
            new Architecture("", SqueezeNet::new, c -> imageNet(Resample.Bilinear))));

    private ImageArchitectures() {}

    /** Every {@code model_type} that there is. */
    static Set<String> known() {
        return KNOWN.keySet();
    }

    /** As ImageNet's classifiers are evaluated: seven eighths of the shorter edge. */
    private static ImageTransform imageNet(Resample resample) {
        return ImageTransform.cropped(256, 224, resample, IMAGENET_MEAN, IMAGENET_STD);
    }

    private static ImageTransform square(ModelConfig config, Resample resample, List<Double> mean, List<Double> std) {
        return ImageTransform.squared(config.countOr("image_size", 224), resample, mean, std);
    }

    private static ImageTransform mobileNet(ModelConfig config) {
        int edge = config.countOr("image_size", 224);
        return ImageTransform.cropped(edge + 32, edge, Resample.Bilinear, HALF, HALF);
    }

    private static List<Double> bytes(int value) {
        return Collections.nCopies(3, value / 255.0);
    }

    /** How the architecture's published weights want images. */
    static ImageTransform prepared(ModelConfig config) {
        return of(config).prepared.apply(config);
    }

    private static Architecture of(ModelConfig config) {
        @Nullable Architecture architecture = KNOWN.get(config.textOr("model_type", ""));
        if (architecture == null) {
            throw new StageException(
                    FailureClass.InvalidSpec,
                    "%s: model_type is %s; images can be classified with %s; choose a base model of one of these"
                            .formatted(
                                    config.file(), config.textOr("model_type", "absent"), String.join(", ", known())));
        }
        return architecture;
    }

    static ImageClassifier load(Path folder, List<String> labels, LoadOptions options) {
        return load(folder, labels, Architectures.labelsFit(ModelConfig.read(folder), labels), options);
    }

    static ImageClassifier load(Path folder, List<String> labels, boolean labelsFit, LoadOptions options) {
        ImageClassifier model = open(folder, labels, labelsFit, options, false);
        model.setTrainable(Network.Trainable.ALL);
        return model;
    }

    /** One that knows what the headers of the weights say, but not their values. */
    static ImageClassifier open(Path folder, List<String> labels, LoadOptions options, boolean headersOnly) {
        return open(folder, labels, Architectures.labelsFit(ModelConfig.read(folder), labels), options, headersOnly);
    }

    private static ImageClassifier open(
            Path folder, List<String> labels, boolean labelsFit, LoadOptions options, boolean headersOnly) {
        ModelConfig config = ModelConfig.read(folder);
        Architecture architecture = of(config);
        TorchEngine engine = TorchEngine.start();
        NDManager scope = engine.newScope();
        try {
            ParameterLoader loader =
                    new ParameterLoader(folder, config, architecture.prefix, scope, options, headersOnly);
            return architecture.classifier.apply(
                    new ImageClassifier.Setup(engine, scope, folder, config, labels, labelsFit, options, loader));
        } catch (RuntimeException e) {
            scope.close();
            throw e;
        }
    }
}
