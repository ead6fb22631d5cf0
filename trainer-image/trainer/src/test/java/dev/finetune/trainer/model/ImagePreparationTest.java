package dev.finetune.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.api.FailureClass;
import dev.finetune.api.ImagePreprocessing;
import dev.finetune.api.ImageResize;
import dev.finetune.api.Resampling;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.transform.ImageTransform;
import dev.finetune.trainer.transform.ImageTransform.Resize;
import dev.finetune.trainer.transform.ImageTransform.Size;
import dev.finetune.trainer.transform.Pixels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How images are prepared: what the job asks for, then the model's file, then what its architecture was published with. */
class ImagePreparationTest {
    @TempDir
    private Path model;

    @ParameterizedTest
    @CsvSource({
        "resnet, 'shorter edge 256 by Bicubic, the middle 224 x 224', 0.485",
        "convnext, 'shorter edge 256 by Bicubic, the middle 224 x 224', 0.485",
        "vit, 32 x 32 by Bilinear, 0.5",
        "mobilenet_v2, 'shorter edge 64 by Bilinear, the middle 32 x 32', 0.5",
        "efficientnet, 32 x 32 by Nearest, 0.485",
        "efficientnet_lite, 'shorter edge 256 by Bicubic, the middle 224 x 224', 0.498",
        "squeezenet, 'shorter edge 256 by Bilinear, the middle 224 x 224', 0.485"
    })
    void withoutAnyWordItIsAsTheArchitectureWasPublished(String type, String described, double red) throws IOException {
        config(type);

        ImageTransform transform = ImagePreparation.of(model, null);

        assertThat(transform.described()).isEqualTo(described);
        assertThat(transform.normalisation().mean().getFirst()).isCloseTo(red, within(1e-4));
    }

    @Test
    void theModelsOwnFileComesBeforeThat() throws IOException {
        config("resnet");
        file("""
                {"image_processor_type": "ViTImageProcessor", "size": {"height": 48, "width": 40}, "resample": 3,
                 "image_mean": [0.1, 0.2, 0.3], "image_std": [0.5, 0.6, 0.7]}""");

        assertThat(ImagePreparation.of(model, null).described()).isEqualTo("40 x 48 by Bicubic");
    }

    @Test
    void whatTheJobAsksForComesFirstMemberByMember() throws IOException {
        config("resnet");

        ImageTransform resampled = ImagePreparation.of(model, asked(null, null, Resampling.Lanczos, null));
        assertThat(resampled.described()).isEqualTo("shorter edge 256 by Lanczos, the middle 224 x 224");
        assertThat(ImagePreparation.of(model, asked(new ImageResize(64, null), null, null, null))
                        .crop())
                .contains(new Size(64, 64));
        assertThat(ImagePreparation.of(model, asked(new ImageResize(64, null), 48, null, null))
                        .crop())
                .contains(new Size(48, 48));
        ImageTransform exact =
                ImagePreparation.of(model, asked(new ImageResize(null, List.of(30, 20)), null, null, null));
        assertThat(exact.resize()).contains(new Resize.Exact(new Size(30, 20)));
        assertThat(exact.crop()).isEmpty();
        assertThat(ImagePreparation.of(model, asked(null, null, null, List.of("0.1", "0.2", "0.3")))
                        .normalisation()
                        .mean())
                .containsExactly(0.1, 0.2, 0.3);
    }

    /** A mean is of values from 0 to 1, also where the model's file scales them to -1 to 1. */
    @Test
    void aMeanOfTheJobHoldsWhateverTheScaleOfTheModelsFile() throws IOException {
        config("efficientnet");
        file("""
                {"image_processor_type": "EfficientNetImageProcessor", "size": {"height": 8, "width": 8}, "rescale_factor": 0.00784313725490196,
                 "rescale_offset": true, "image_mean": [0, 0, 0], "image_std": [1, 1, 1], "include_top": false}""");
        Pixels grey = new Pixels(8, 8, new byte[8 * 8 * 3]);
        float[] own = new float[8 * 8 * 3];
        float[] same = new float[8 * 8 * 3];

        ImagePreparation.of(model, null).normalise(grey, own, 0);
        ImagePreparation.of(model, asked(null, null, null, List.of("0.5", "0.5", "0.5")))
                .normalise(grey, same, 0);

        assertThat(own[0]).isCloseTo(-1f, within(1e-6f));
        assertThat(same).containsExactly(own, within(1e-6f));
    }

    @Test
    void imagesOfDifferentSizesAreRefused() throws IOException {
        config("resnet");
        file("""
                {"image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": 32}, "do_center_crop": false}""");

        assertThatThrownBy(() -> ImagePreparation.of(model, null))
                .isInstanceOfSatisfying(
                        StageException.class, e -> assertThat(e.failure()).isEqualTo(FailureClass.InvalidSpec))
                .hasMessageContainingAll("shorter edge 32", "preprocessing.image.crop");
    }

    @Test
    void anotherSizeThanTheNetworkTakesIsRefusedBeforeAnythingIsTrained() {
        Path vit = Golden.folder("images/vit");
        ImageTransform large =
                ImagePreparation.of(vit, asked(new ImageResize(null, List.of(24, 24)), null, null, null));

        assertThatThrownBy(() -> ImageClassifier.check(vit, Golden.LABELS, LoadOptions.seeded(0), large, "the test"))
                .hasMessageContainingAll("24 x 24", "by the test", "takes 16 x 16", "spec.dataset.preprocessing.image");
    }

    @Test
    void aDropoutInANetworkWithoutOneIsRefused() {
        Path resnet = Golden.folder("images/resnet-basic");
        ImageTransform any = ImagePreparation.of(resnet, null);

        assertThatThrownBy(() -> ImageClassifier.check(
                        resnet, Golden.LABELS, new LoadOptions(0, OptionalDouble.of(0.1)), any, ""))
                .hasMessageContainingAll("hyperparameters.dropout", "remove it");
        ImageClassifier.check(
                Golden.folder("images/mobilenet-v2"),
                List.of("a", "b"),
                new LoadOptions(0, OptionalDouble.of(0.1)),
                any,
                "");
    }

    @Test
    void weightsThatDoNotFitTheConfigAreRefusedByTheirHeaders() throws IOException {
        Path resnet = Golden.folder("images/resnet-basic");
        Files.copy(resnet.resolve("model.safetensors"), model.resolve("model.safetensors"));
        Files.writeString(
                model.resolve("config.json"),
                Files.readString(resnet.resolve("config.json"))
                        .replaceFirst("\"embedding_size\": \\d+", "\"embedding_size\": 5"));

        assertThatThrownBy(() -> ImageClassifier.check(
                        model, Golden.LABELS, LoadOptions.seeded(0), ImagePreparation.of(model, null), ""))
                .hasMessageContainingAll("embedder", "shape");
    }

    @Test
    void anArchitectureThatIsNotKnownIsRefusedWithThoseThatAre() throws IOException {
        config("swin");

        assertThatThrownBy(() -> ImagePreparation.of(model, null)).hasMessageContainingAll("swin", "resnet", "vit");
    }

    private static ImagePreprocessing asked(
            @Nullable ImageResize resize,
            @Nullable Integer crop,
            @Nullable Resampling resample,
            @Nullable List<String> mean) {
        return new ImagePreprocessing(resize, crop, resample, mean, null);
    }

    private void config(String type) throws IOException {
        Files.writeString(model.resolve("config.json"), "{\"model_type\": \"%s\", \"image_size\": 32}".formatted(type));
    }

    private void file(String json) throws IOException {
        Files.writeString(model.resolve(ImagePreparation.FILE), json);
    }
}
