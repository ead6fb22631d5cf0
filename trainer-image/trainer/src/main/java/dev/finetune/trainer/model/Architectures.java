package dev.finetune.trainer.model;

import ai.djl.ndarray.NDManager;
import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.engine.TorchEngine;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The one place where architectures are registered, by {@code model_type} of config.json. */
public final class Architectures {
    private record Architecture(
            String prefix,
            Function<SequenceClassifier.Setup, SequenceClassifier> classifier,
            ToIntFunction<ModelConfig> usablePositions) {}

    private static final Map<String, Architecture> KNOWN = new TreeMap<>(Map.of(
            "bert", new Architecture("bert.", Bert::new, Bert::usablePositions),
            "distilbert", new Architecture("distilbert.", DistilBert::new, DistilBert::usablePositions),
            "electra", new Architecture("electra.", Electra::new, Electra::usablePositions),
            "modernbert", new Architecture("model.", ModernBert::new, ModernBert::usablePositions),
            "roberta", new Architecture("roberta.", s -> new Roberta(s, "Roberta"), Roberta::usablePositions),
            "xlm-roberta", new Architecture("roberta.", s -> new Roberta(s, "XLMRoberta"), Roberta::usablePositions)));

    private Architectures() {}

    /** Every {@code model_type} that there is. */
    static Set<String> known() {
        return KNOWN.keySet();
    }

    static SequenceClassifier load(Path folder, List<String> labels, Problem problem, LoadOptions options) {
        SequenceClassifier model = open(folder, labels, problem, options, false);
        model.setTrainable(SequenceClassifier.Trainable.ALL);
        return model;
    }

    /** Whether the weights have the tensors and shapes that config.json implies; their values are not read. */
    static void check(Path folder, List<String> labels, Problem problem) {
        open(folder, labels, problem, LoadOptions.seeded(0), true).close();
    }

    private static SequenceClassifier open(
            Path folder, List<String> labels, Problem problem, LoadOptions options, boolean headersOnly) {
        if (labels.size() < 2 && problem == Problem.single_label_classification) {
            throw new IllegalArgumentException("a classifier needs two labels or more, got " + labels);
        }
        ModelConfig config = ModelConfig.read(folder);
        Architecture architecture = of(config);
        TorchEngine engine = TorchEngine.start();
        NDManager scope = engine.newScope();
        try {
            ParameterLoader loader =
                    new ParameterLoader(folder, config, architecture.prefix, scope, options, headersOnly);
            return architecture.classifier.apply(new SequenceClassifier.Setup(
                    engine, scope, folder, config, labels, labelsFit(config, labels), problem, options, loader));
        } catch (RuntimeException e) {
            scope.close();
            throw e;
        }
    }

    /** The longest text that a model's positions allow; an architecture that isn't known is refused here. */
    public static int usablePositions(ModelConfig config) {
        return of(config).usablePositions.applyAsInt(config);
    }

    private static Architecture of(ModelConfig config) {
        String type = config.textOr("model_type", "");
        @Nullable Architecture known = KNOWN.get(type);
        if (known == null) {
            throw new StageException(
                    FailureClass.InvalidSpec,
                    "%s: model_type is %s; this version can fine-tune %s; choose a base model of one of these"
                            .formatted(config.file(), type.isEmpty() ? "absent" : type, String.join(", ", known())));
        }
        return known;
    }

    /** Whether a published head was trained for these labels; as in transformers, nameless classes (LABEL_0, ...) fit any labels. */
    static boolean labelsFit(ModelConfig config, List<String> labels) {
        Optional<List<String>> published = config.labels();
        return published.isPresent()
                && (published.get().equals(labels)
                        || published
                                .get()
                                .equals(IntStream.range(0, labels.size())
                                        .mapToObj(i -> "LABEL_" + i)
                                        .toList()));
    }
}
