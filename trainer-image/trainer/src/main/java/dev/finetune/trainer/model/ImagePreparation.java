package dev.finetune.trainer.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.finetune.api.FailureClass;
import dev.finetune.api.ImagePreprocessing;
import dev.finetune.api.ImageResize;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.dataset.image.ImageDecoder;
import dev.finetune.trainer.dataset.image.UnreadableImageException;
import dev.finetune.trainer.transform.FittedImage;
import dev.finetune.trainer.transform.ImageInput;
import dev.finetune.trainer.transform.ImageTransform;
import dev.finetune.trainer.transform.ImageTransform.Normalisation;
import dev.finetune.trainer.transform.ImageTransform.Resize;
import dev.finetune.trainer.transform.ImageTransform.Size;
import dev.finetune.trainer.transform.Input;
import dev.finetune.trainer.transform.Pixels;
import dev.finetune.trainer.transform.PreprocessorConfig;
import dev.finetune.trainer.transform.Resample;
import dev.finetune.trainer.transform.TextInput;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How images become what a model takes: found once for a job, then read from the folder of what it made. */
public final class ImagePreparation {
    /** The file that says so, in the words of transformers' image processors. */
    public static final String FILE = "preprocessor_config.json";

    private ImagePreparation() {}

    /**
     * What a job asks for, and where it asks for nothing what the base model's file says, or without one what its architecture was
     * published with. It is what {@link #read} will find in the candidate, so that no rounding keeps training and serving apart.
     *
     * @throws StageException InvalidSpec where images would come out in different sizes
     */
    public static ImageTransform of(Path baseModel, @Nullable ImagePreprocessing asked) {
        ModelConfig config = ModelConfig.read(baseModel);
        Path file = baseModel.resolve(FILE);
        ImageTransform base = Files.exists(file)
                ? PreprocessorConfig.read(file, ModelConfig.json(file))
                : ImageArchitectures.prepared(config);
        ImageTransform wanted = asked == null ? base : over(base, asked);
        if (wanted.outputSize().isEmpty()) {
            throw new StageException(
                    FailureClass.InvalidSpec,
                    "%s prepares images as %s, which gives them different sizes, and a batch has one: set spec.dataset.preprocessing.image.crop, or resize.exact"
                            .formatted(
                                    Files.exists(file) ? file : "spec.dataset.preprocessing.image",
                                    wanted.described()));
        }
        return PreprocessorConfig.read(file, json(wanted));
    }

    /** What gives images the size in which they come out of {@link #of}. */
    public static String sizedBy(Path baseModel, @Nullable ImagePreprocessing asked) {
        String field = "spec.dataset.preprocessing.image.";
        if (asked != null && asked.crop() != null) {
            return field + "crop";
        }
        ImageResize resize = asked == null ? null : asked.resize();
        if (resize != null) {
            return field + "resize." + (resize.exact() == null ? "shortest" : "exact");
        }
        return Files.exists(baseModel.resolve(FILE))
                ? FILE + " of the base model"
                : "default for model_type " + ModelConfig.read(baseModel).textOr("model_type", "");
    }

    /** What the file of a model folder says; a candidate and an artefact have one. */
    public static ImageTransform read(Path folder) {
        Path file = folder.resolve(FILE);
        if (Files.notExists(file)) {
            throw new StageException(
                    FailureClass.SourceUnavailable,
                    "%s is missing; it says how images are prepared, publish the model again".formatted(file));
        }
        return PreprocessorConfig.read(file, ModelConfig.json(file));
    }

    /** The content of such a file. */
    public static ObjectNode json(ImageTransform transform) {
        return PreprocessorConfig.write(transform);
    }

    /** An image as the model takes it, before its values are normalised; the one way that all inputs go. */
    static Pixels fit(Input input, ImageTransform transform) throws UnreadableImageException {
        return switch (input) {
            case ImageInput image -> transform.fit(ImageDecoder.decode(image.bytes()));
            case FittedImage(Pixels pixels) -> pixels;
            case TextInput text -> throw new IllegalArgumentException("expected an image, got the text " + text);
        };
    }

    private static ImageTransform over(ImageTransform base, ImagePreprocessing asked) {
        ImageResize resize = asked.resize();
        Integer crop = asked.crop();
        Optional<Size> cropped = crop != null
                ? Optional.of(new Size(crop, crop))
                : resize == null
                        ? base.crop()
                        : Optional.ofNullable(resize.shortest()).map(edge -> new Size(edge, edge));
        return new ImageTransform(
                resize == null ? base.resize() : Optional.of(resize(resize)),
                asked.resample() == null
                        ? base.resample()
                        : Resample.valueOf(asked.resample().name()),
                cropped,
                normalisation(base.normalisation(), asked.mean(), asked.std()));
    }

    private static Resize resize(ImageResize asked) {
        Integer shortest = asked.shortest();
        List<Integer> exact = asked.exact();
        if (shortest != null) {
            return new Resize.Shortest(shortest);
        }
        if (exact == null || exact.size() != 2) {
            throw new StageException(
                    FailureClass.InvalidSpec,
                    "spec.dataset.preprocessing.image.resize: exactly one of shortest and exact must be set, exact as a height and a width");
        }
        return new Resize.Exact(new Size(exact.getFirst(), exact.getLast()));
    }

    /** Mean and deviation are of values from 0 to 1, whatever scale the base model's file uses. */
    private static Normalisation normalisation(
            Normalisation base, @Nullable List<String> mean, @Nullable List<String> std) {
        if (mean == null && std == null) {
            return base;
        }
        double unit = 255 * base.scale();
        return Normalisation.of(
                mean == null
                        ? base.mean().stream()
                                .map(m -> (m - base.offset()) / unit)
                                .toList()
                        : doubles(mean),
                std == null ? base.std().stream().map(d -> d / unit).toList() : doubles(std));
    }

    private static List<Double> doubles(List<String> decimals) {
        return decimals.stream().map(Double::valueOf).toList();
    }
}
