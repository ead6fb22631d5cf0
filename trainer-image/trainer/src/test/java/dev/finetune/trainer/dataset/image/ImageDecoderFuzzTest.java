package dev.finetune.trainer.dataset.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.finetune.trainer.FuzzedFile;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Images of any bytes are decoded or refused. */
class ImageDecoderFuzzTest {
    private static final Path FILES = Path.of("src/test/resources/golden/pixels/files");

    static Stream<byte[]> image() {
        return List.of(".jpg", ".png", ".gif", ".webp", ".bmp").stream().flatMap(e -> FuzzedFile.seeds(FILES, e));
    }

    @MethodSource
    @FuzzTest(maxDuration = "10m")
    void image(byte[] file) {
        try {
            assertThat(ImageDecoder.decode(file).width()).isPositive();
        } catch (UnreadableImageException e) {
            assertThat(e.getMessage()).isNotBlank();
        }
    }
}
