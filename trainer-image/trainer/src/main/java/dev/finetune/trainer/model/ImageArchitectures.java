package dev.finetune.trainer.model;

import ai.djl.ndarray.NDManager;
import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.engine.TorchEngine;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The image architectures, by {@code model_type} of config.json. */
final class ImageArchitectures {
    private record Architecture(String prefix, Function<ImageClassifier.Setup, ImageClassifier> classifier) {}

    private static final Map<String, Architecture> KNOWN = new TreeMap<>(Map.of(
            "resnet", new Architecture("resnet.", ResNet::new),
            "vit", new Architecture("vit.", Vit::new),
            "convnext", new Architecture("convnext.", ConvNext::new),
            "mobilenet_v2", new Architecture("mobilenet_v2.", MobileNetV2::new),
            "efficientnet", new Architecture("efficientnet.", EfficientNet::new),
            "efficientnet_lite", new Architecture("", EfficientNetLite::new),
            "squeezenet", new Architecture("", SqueezeNet::new)));

    private ImageArchitectures() {}

    static ImageClassifier load(Path folder, List<String> labels, boolean labelsFit, LoadOptions options) {
        ModelConfig config = ModelConfig.read(folder);
        @Nullable Architecture architecture = KNOWN.get(config.textOr("model_type", ""));
        if (architecture == null) {
            throw new StageException(
                    FailureClass.InvalidSpec,
                    "%s: model_type is %s; images can be classified with %s; choose a base model of one of these"
                            .formatted(
                                    config.file(),
                                    config.textOr("model_type", "absent"),
                                    String.join(", ", KNOWN.keySet())));
        }
        TorchEngine engine = TorchEngine.start();
        NDManager scope = engine.newScope();
        try {
            ParameterLoader loader = new ParameterLoader(folder, config, architecture.prefix, scope, options);
            ImageClassifier model = architecture.classifier.apply(
                    new ImageClassifier.Setup(engine, scope, folder, config, labels, labelsFit, options, loader));
            model.parameters().forEach(p -> p.setTrainable(true));
            return model;
        } catch (RuntimeException e) {
            scope.close();
            throw e;
        }
    }
}
