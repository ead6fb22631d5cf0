package dev.finetune.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import dev.finetune.api.FailureClass;
import dev.finetune.api.ImagePreprocessing;
import dev.finetune.api.ImageResize;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.RandomSqueezeNet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How small images may be for each network, and what is said of smaller ones. */
class SmallImagesTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"convnext", "efficientnet", "mobilenet-v2", "resnet-basic", "resnet-bottleneck"})
    void networksOfTransformersTakeTheirLeastEdgeAndNoneBelow(String name) {
        holds(Golden.folder("images/" + name));
    }

    @ParameterizedTest
    @ValueSource(strings = {"1_0", "1_1"})
    void soDoesSqueezeNet(String version) throws IOException {
        RandomSqueezeNet.write(folder, version);
        holds(folder);
    }

    private static void holds(Path network) {
        try (ImageClassifier model = ImageClassifier.load(network, Golden.LABELS, LoadOptions.seeded(0));
                NDManager scope = model.engine().newScope()) {
            int least = model.leastEdge();
            assertThat(model.logits(batch(scope, least, least + 9), false).getShape())
                    .isEqualTo(new ai.djl.ndarray.types.Shape(1, 3));
            if (least > 1) {
                assertThatThrownBy(() -> model.headInput(batch(scope, least - 1, least + 9), new Pass(false, false)))
                        .isNotInstanceOf(StageException.class);
                assertThatThrownBy(() -> model.logits(batch(scope, least - 1, least + 9), false))
                        .isInstanceOf(StageException.class);
            }
        }
    }

    @Test
    void prepareSaysHowLargeImagesMustBeAndWhichFieldMakesThemSmaller() throws IOException {
        RandomSqueezeNet.write(folder, "1_0");

        refused(asked(null, 16))
                .hasMessageContaining("prepared as 16 x 16 pixels by spec.dataset.preprocessing.image.crop, and")
                .hasMessageContaining("takes at least 21 x 21");
        refused(asked(new ImageResize(12, null), null))
                .hasMessageContaining("12 x 12 pixels by spec.dataset.preprocessing.image.resize.shortest");
        refused(asked(new ImageResize(null, List.of(300, 20)), null))
                .hasMessageContaining("20 x 300 pixels by spec.dataset.preprocessing.image.resize.exact");
        ImageClassifier.check(
                folder, List.of("a", "b"), LoadOptions.seeded(0), ImagePreparation.of(folder, asked(null, 21)), "");
        Files.writeString(
                folder.resolve(ImagePreparation.FILE),
                "{\"image_processor_type\": \"ViTImageProcessor\", \"size\": {\"height\": 8, \"width\": 8}}");
        refused(null).hasMessageContaining("8 x 8 pixels by preprocessor_config.json of the base model");
    }

    private org.assertj.core.api.AbstractThrowableAssert<?, ? extends Throwable> refused(
            @Nullable ImagePreprocessing asked) {
        return assertThatThrownBy(() -> ImageClassifier.check(
                        folder,
                        List.of("a", "b"),
                        LoadOptions.seeded(0),
                        ImagePreparation.of(folder, asked),
                        ImagePreparation.sizedBy(folder, asked)))
                .isInstanceOfSatisfying(
                        StageException.class, e -> assertThat(e.failure()).isEqualTo(FailureClass.InvalidSpec));
    }

    private static ImagePreprocessing asked(@Nullable ImageResize resize, @Nullable Integer crop) {
        return new ImagePreprocessing(resize, crop, null, null, null);
    }

    private static PixelBatch batch(NDManager scope, int height, int width) {
        return PixelBatch.of(scope, new float[3 * height * width], 1, height, width);
    }
}
