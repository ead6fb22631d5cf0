package dev.finetune.trainer.transform;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Resizing against Pillow, byte for byte (src/test/python/make_golden_pixels.py). */
class ResizerTest {
    static Stream<JsonNode> cases() throws IOException {
        JsonNode golden = new ObjectMapper().readTree(ResizerTest.class.getResource("/golden/pixels/resize.json"));
        return StreamSupport.stream(golden.path("cases").spliterator(), false);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void a_resized_image_is_pillows(JsonNode golden) throws Exception {
        Pixels source =
                formula(golden.at("/source/0").asInt(), golden.at("/source/1").asInt());
        JsonNode box = golden.path("box");
        Resizer.Box part = box.isNull()
                ? Resizer.Box.whole(source)
                : new Resizer.Box(
                        box.path(0).asDouble(),
                        box.path(1).asDouble(),
                        box.path(2).asDouble(),
                        box.path(3).asDouble());
        Pixels resized = Resizer.resize(
                source,
                part,
                golden.at("/target/0").asInt(),
                golden.at("/target/1").asInt(),
                Resample.valueOf(golden.path("filter").asText()));
        byte[] sha = MessageDigest.getInstance("SHA-256").digest(resized.rgb());
        assertThat(HexFormat.of().formatHex(sha, 0, 8))
                .isEqualTo(golden.path("sha").asText());
    }

    static Pixels formula(int width, int height) {
        Pixels image = Pixels.black(width, height);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                for (int c = 0; c < 3; c++) {
                    image.rgb()[(y * width + x) * 3 + c] = (byte) (x * x + 3 * y * y + 5 * x * y * (c + 1) + 11 * c);
                }
            }
        }
        return image;
    }
}
