package dev.finetune.trainer.dataset.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.trainer.transform.Pixels;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What is made of image files, against what Pillow makes of them (src/test/python/make_golden_pixels.py). */
class ImageDecoderTest {
    private static final Path FILES = files();

    private static Path files() {
        try {
            return Path.of(
                    ImageDecoderTest.class.getResource("/golden/pixels/files").toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    static List<Path> good() throws IOException {
        try (Stream<Path> files = Files.list(FILES)) {
            return files.filter(f -> !f.toString().endsWith(".rgb")
                            && !f.getFileName().toString().startsWith("bad-"))
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("good")
    void every_form_gives_the_pixels_that_pillow_gives(Path file) throws Exception {
        ByteBuffer expected = ByteBuffer.wrap(Files.readAllBytes(file.resolveSibling(file.getFileName() + ".rgb")));
        Pixels image = ImageDecoder.decode(file);
        assertThat(image.width()).isEqualTo(expected.getShort(0));
        assertThat(image.height()).isEqualTo(expected.getShort(2));
        int largest = 0;
        long sum = 0;
        for (int i = 0; i < image.rgb().length; i++) {
            int difference = Math.abs((image.rgb()[i] & 0xff) - (expected.get(4 + i) & 0xff));
            largest = Math.max(largest, difference);
            sum += difference;
        }
        String name = file.getFileName().toString();
        // The WebP decoder repeats chroma where Pillow's interpolates it, which shows in a picture that is all edges of
        // colour; a photo differs by 1.2 on average.
        boolean webp = name.equals("lossy.webp") || name.equals("alpha.webp");
        boolean jpeg = name.endsWith(".jpg");
        assertThat(largest).as("largest difference").isLessThanOrEqualTo(webp ? 40 : jpeg ? 8 : 0);
        assertThat(sum / (double) image.rgb().length)
                .as("mean difference")
                .isLessThanOrEqualTo(webp ? 6 : jpeg ? 1 : 0);
    }

    @Test
    void every_form_is_there() throws IOException {
        assertThat(good()).hasSizeGreaterThan(30);
    }

    @ParameterizedTest
    @CsvSource({
        "bad-empty.jpg, it is empty",
        "bad-text.jpg, of no known image format",
        "bad-half.jpg, cut short or damaged",
        "bad-half-progressive.jpg, cut short or damaged",
        "bad-half.png, ends too early",
        "bad-half.gif, ends too early",
        "bad-half.webp, ends too early",
        "bad-half.bmp, ends too early",
        "bad-huge.png, 60000 x 60000 pixels",
        "bad-checksum.png, checksum"
    })
    void what_is_damaged_is_refused_with_its_reason(String name, String reason) {
        assertThatThrownBy(() -> ImageDecoder.decode(FILES.resolve(name)))
                .isInstanceOf(UnreadableImageException.class)
                .hasMessageContaining(reason);
    }

    @Test
    void a_photo_is_turned_upright() throws Exception {
        Pixels upright = ImageDecoder.decode(FILES.resolve("orientation-1.jpg"));
        Pixels turned = ImageDecoder.decode(FILES.resolve("orientation-6.jpg"));
        assertThat(turned.width()).isEqualTo(upright.height());
        assertThat(turned.at(turned.width() - 1, 0, 0)).isEqualTo(upright.at(0, 0, 0));
        assertThat(turned.key()).isNotEqualTo(upright.key());
    }

    /** Two first parts of a profile, for which the JDK's own reader refuses the image. */
    @Test
    void a_damaged_colour_profile_does_no_harm() throws Exception {
        byte[] plain = Files.readAllBytes(FILES.resolve("baseline.jpg"));
        byte[] part = "\u00ff\u00e2\0\u0014ICC_PROFILE\0\1\2\0\0\0\0".getBytes(StandardCharsets.ISO_8859_1);
        ByteBuffer profiled = ByteBuffer.allocate(plain.length + 2 * part.length)
                .put(plain, 0, 2)
                .put(part)
                .put(part)
                .put(plain, 2, plain.length - 2);
        assertThat(ImageDecoder.decode(profiled.array()).rgb())
                .isEqualTo(ImageDecoder.decode(plain).rgb());
    }

    @Test
    void the_same_pixels_have_the_same_key_whatever_file_they_came_from() throws Exception {
        assertThat(ImageDecoder.decode(FILES.resolve("rgb.png")).key())
                .isEqualTo(ImageDecoder.decode(FILES.resolve("rgb.bmp")).key())
                .hasSize(16);
    }

    /** Damage of every kind ends in pixels or in the one exception, never in another one. */
    @ParameterizedTest
    @MethodSource("good")
    void no_damage_gets_past_the_decoder(Path file) throws Exception {
        byte[] whole = Files.readAllBytes(file);
        Random random = new Random(file.getFileName().toString().hashCode());
        for (int i = 0; i < 200; i++) {
            byte[] damaged =
                    random.nextInt(3) == 0 ? Arrays.copyOf(whole, random.nextInt(whole.length)) : whole.clone();
            for (int j = random.nextInt(8); j > 0 && damaged.length > 0; j--) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
            }
            try {
                assertThat(ImageDecoder.decode(damaged).width()).isPositive();
            } catch (UnreadableImageException e) {
                assertThat(e).message().isNotBlank();
            }
        }
    }
}
