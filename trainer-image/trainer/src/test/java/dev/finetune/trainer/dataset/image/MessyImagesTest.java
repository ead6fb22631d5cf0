package dev.finetune.trainer.dataset.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.finetune.trainer.transform.Pixels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** The image files of the shared collection of messy data, where it lies beside the checkout: each ends as its manifest expects. */
class MessyImagesTest {
    private static final Path MESSY = Path.of("../../../shared/data/messy");

    /** "accept or reject, stated": these are refused, the others are read. */
    private static final Set<String> REFUSED = Set.of("hopper.ppm", "16bit.cropped.tif", "corrupt-scan.jpg");

    @Test
    void every_file_ends_as_its_manifest_expects() throws Exception {
        Assumptions.assumeTrue(Files.exists(MESSY), "no shared data here");
        List<String> wrong = new ArrayList<>();
        for (String folder : List.of("images", "exif-orientation", "exif-broken")) {
            for (String line : Files.readAllLines(MESSY.resolve(folder).resolve("MANIFEST.jsonl"))) {
                JsonNode entry = new ObjectMapper().readTree(line);
                String name = entry.path("file").asText();
                String expect = entry.path("expect").asText();
                String outcome = outcome(MESSY.resolve(folder).resolve(name));
                boolean accepted = outcome.startsWith("accepted");
                boolean may = expect.startsWith("accept")
                        || expect.startsWith("first")
                        || expect.startsWith("skip")
                        || expect.startsWith("after")
                        || expect.startsWith("convert");
                boolean free = expect.contains(" or ");
                if (free ? accepted == REFUSED.contains(name) : accepted != may) {
                    wrong.add("%s: expected '%s', got '%s'".formatted(name, expect, outcome));
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    @Test
    void photos_of_one_scene_look_alike_however_the_camera_was_held() throws Exception {
        Assumptions.assumeTrue(Files.exists(MESSY), "no shared data here");
        for (String scene : List.of("Landscape", "Portrait")) {
            List<Pixels> photos = new ArrayList<>();
            for (int orientation = 0; orientation <= 8; orientation++) {
                Path file = MESSY.resolve("exif-orientation/%s_%d.jpg".formatted(scene, orientation));
                if (Files.exists(file)) {
                    photos.add(ImageDecoder.decode(file));
                }
            }
            assertThat(photos).hasSizeGreaterThan(1).allSatisfy(photo -> {
                assertThat(photo.width()).isEqualTo(photos.getFirst().width());
                assertThat(distance(photo, photos.getFirst())).isLessThan(8);
            });
        }
    }

    private static double distance(Pixels a, Pixels b) {
        long sum = 0;
        for (int i = 0; i < a.rgb().length; i++) {
            sum += Math.abs((a.rgb()[i] & 0xff) - (b.rgb()[i] & 0xff));
        }
        return sum / (double) a.rgb().length;
    }

    private static String outcome(Path file) throws Exception {
        try {
            return "accepted " + ImageDecoder.decode(file);
        } catch (UnreadableImageException e) {
            return "refused: " + e.getMessage();
        }
    }
}
