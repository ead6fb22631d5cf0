package dev.finetune.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.api.Json;
import dev.finetune.trainer.transform.ImageTransform;
import dev.finetune.trainer.transform.Pixels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** ConvNeXt's images against transformers' processor, whose numbers src/test/python/make_golden_preparation.py makes. */
class ConvNextPreparationTest {
    private static final int WIDTH = 300;
    private static final int HEIGHT = 200;
    private static final int KEPT = 31;

    @TempDir
    private Path model;

    /** {@code crop_pct} too: 224 pixels are seven eighths of what is resized to. */
    @Test
    void withoutAFileImagesAreThoseOfThePublishedWeights() throws IOException {
        Files.writeString(model.resolve("config.json"), "{\"model_type\": \"convnext\"}");

        isGolden("published");
    }

    @Test
    void aFileThatSaysNothingMeansTheProcessorsDefaults() throws IOException {
        Files.writeString(model.resolve("config.json"), "{\"model_type\": \"convnext\"}");
        Files.writeString(
                model.resolve(ImagePreparation.FILE), "{\"image_processor_type\": \"ConvNextImageProcessor\"}");

        isGolden("defaults");
    }

    private record Golden(int edge, double[] values) {}

    private void isGolden(String name) throws IOException {
        Golden golden = Json.MAPPER.readValue(
                Path.of("src/test/resources/golden/preparation", name + ".json").toFile(), Golden.class);
        ImageTransform transform = ImagePreparation.of(model, null);

        Pixels fitted = transform.fit(formula());

        assertThat(fitted.width()).isEqualTo(golden.edge());
        assertThat(fitted.height()).isEqualTo(golden.edge());
        float[] all = new float[3 * golden.edge() * golden.edge()];
        transform.normalise(fitted, all, 0);
        int at = 0;
        for (int c = 0; c < 3; c++) {
            for (int y = 0; y < golden.edge(); y += KEPT) {
                for (int x = 0; x < golden.edge(); x += KEPT) {
                    assertThat((double) all[(c * golden.edge() + y) * golden.edge() + x])
                            .as("channel %d, row %d, column %d", c, y, x)
                            .isCloseTo(golden.values()[at++], within(1e-5));
                }
            }
        }
        assertThat(at).isEqualTo(golden.values().length);
    }

    private static Pixels formula() {
        byte[] rgb = new byte[HEIGHT * WIDTH * 3];
        for (int y = 0; y < HEIGHT; y++) {
            for (int x = 0; x < WIDTH; x++) {
                for (int c = 0; c < 3; c++) {
                    rgb[(y * WIDTH + x) * 3 + c] = (byte) (x * x + 3 * y * y + 5 * x * y * (c + 1) + 11 * c);
                }
            }
        }
        return new Pixels(WIDTH, HEIGHT, rgb);
    }
}
