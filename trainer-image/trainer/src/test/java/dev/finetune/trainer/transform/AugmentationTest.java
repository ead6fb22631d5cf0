package dev.finetune.trainer.transform;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.finetune.trainer.transform.ImageTransform.Normalisation;
import dev.finetune.trainer.transform.ImageTransform.Resize;
import dev.finetune.trainer.transform.ImageTransform.Size;
import java.io.IOException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class AugmentationTest {
    private static final ImageTransform TRANSFORM = new ImageTransform(
            Optional.of(new Resize.Exact(new Size(16, 16))),
            Resample.Bilinear,
            Optional.empty(),
            Normalisation.of(List.of(0.5, 0.5, 0.5), List.of(0.5, 0.5, 0.5)));
    private static final Augmentation.Target TARGET =
            new Augmentation.Target(new Size(16, 16), Resample.Bilinear, List.of(0.5, 0.25, 0.0));
    private static final List<Augmentation> ALL = List.of(
            new Augmentation.RandomResizedCrop(0.3, 1),
            new Augmentation.HorizontalFlip(0.5),
            new Augmentation.VerticalFlip(0.5),
            new Augmentation.Rotation(15),
            new Augmentation.ColorJitter(0.4, 0.4, 0.4, 0.1),
            new Augmentation.RandAugment(2, 9),
            new Augmentation.Erasing(0.5));

    static Stream<Map.Entry<String, JsonNode>> colours() throws IOException {
        return new ObjectMapper()
                .readTree(AugmentationTest.class.getResource("/golden/pixels/colours.json")).properties().stream();
    }

    @ParameterizedTest
    @MethodSource("colours")
    void colours_change_as_pillow_changes_them(Map.Entry<String, JsonNode> golden) throws Exception {
        Pixels dull = ResizerTest.formula(37, 23);
        for (int i = 0; i < dull.rgb().length; i++) {
            dull.rgb()[i] = (byte) ((dull.rgb()[i] & 0xff) / 3 + 40);
        }
        String[] words = golden.getKey().split(" ");
        double by = Double.parseDouble(words[1]);
        Pixels changed = switch (words[0]) {
            case "brightness" -> Colours.brightness(dull, by);
            case "contrast" -> Colours.contrast(dull, by);
            case "saturation" -> Colours.saturation(dull, by);
            case "sharpness" -> Colours.sharpness(dull, by);
            case "hue" -> Colours.hue(dull, by);
            case "posterised" -> Colours.posterised(dull, (int) by);
            case "solarised" -> Colours.solarised(dull, (int) by);
            case "stretched" -> Colours.stretched(dull);
            case "equalised" -> Colours.equalised(dull);
            default -> throw new IllegalArgumentException(words[0]);
        };
        byte[] sha = MessageDigest.getInstance("SHA-256").digest(changed.rgb());
        assertThat(HexFormat.of().formatHex(sha, 0, 8))
                .isEqualTo(golden.getValue().asText());
    }

    @Test
    void what_an_example_becomes_depends_on_seed_epoch_and_example_alone() {
        Pixels photo = ResizerTest.formula(40, 30);
        Augmentations augmentations = new Augmentations(ALL, TRANSFORM, 7);
        List<Pixels> inOrder = IntStream.range(0, 64)
                .mapToObj(i -> augmentations.apply(photo, 3, i))
                .toList();
        List<Pixels> inParallel = IntStream.range(0, 64)
                .parallel()
                .mapToObj(i -> augmentations.apply(photo, 3, i))
                .toList();
        assertThat(inParallel).isEqualTo(inOrder);
        assertThat(inOrder.stream().distinct().count()).isGreaterThan(60);
        assertThat(augmentations.apply(photo, 4, 0)).isNotEqualTo(inOrder.getFirst());
        assertThat(new Augmentations(ALL, TRANSFORM, 8).apply(photo, 3, 0)).isNotEqualTo(inOrder.getFirst());
        assertThat(inOrder)
                .allSatisfy(p -> assertThat(p.width() * 100 + p.height()).isEqualTo(1616));
    }

    @Test
    void without_augmentation_an_image_is_only_fitted() {
        Pixels photo = ResizerTest.formula(40, 30);
        assertThat(new Augmentations(List.of(), TRANSFORM, 7).apply(photo, 0, 0))
                .isEqualTo(TRANSFORM.fit(photo));
    }

    @Test
    void flips_happen_as_often_as_they_should_and_exchange_the_sides() {
        Pixels photo = ResizerTest.formula(16, 16);
        SplittableRandom random = new SplittableRandom(1);
        int flipped = 0;
        for (int i = 0; i < 1000; i++) {
            Pixels out = new Augmentation.HorizontalFlip(0.3).apply(photo, TARGET, random);
            if (out != photo) {
                flipped++;
                assertThat(out.at(0, 5, 1)).isEqualTo(photo.at(15, 5, 1));
            }
        }
        assertThat(flipped).isBetween(240, 360);
        assertThat(new Augmentation.VerticalFlip(1).apply(photo, TARGET, random).at(3, 0, 2))
                .isEqualTo(photo.at(3, 15, 2));
    }

    @Test
    void a_rotation_by_a_quarter_turns_against_the_clock() {
        Pixels photo = ResizerTest.formula(9, 9);
        Pixels turned = Geometry.rotated(photo, 90);
        assertThat(turned.at(0, 8, 0)).isEqualTo(photo.at(0, 0, 0));
        assertThat(turned.at(0, 0, 0)).isEqualTo(photo.at(8, 0, 0));
        assertThat(Geometry.rotated(photo, 45).at(0, 0, 0)).isZero();
    }

    @Test
    void an_erased_rectangle_has_the_colour_that_becomes_zero() {
        Pixels white = Pixels.black(20, 20);
        java.util.Arrays.fill(white.rgb(), (byte) 255);
        SplittableRandom random = new SplittableRandom(2);
        for (int i = 0; i < 50; i++) {
            Pixels out = new Augmentation.Erasing(1).apply(white, TARGET, random);
            long erased =
                    IntStream.range(0, 400).filter(p -> out.rgb()[3 * p] != -1).count();
            assertThat(erased).isBetween(4L, 160L);
            assertThat(IntStream.range(0, 400).filter(p -> out.rgb()[3 * p] != -1))
                    .allSatisfy(p -> assertThat(out.rgb()[3 * p + 1]).isEqualTo((byte) 64));
        }
        assertThat(white.rgb()).containsOnly(255);
    }

    @Test
    void a_crop_keeps_the_area_and_the_ratio_that_it_may() {
        Pixels photo = ResizerTest.formula(400, 300);
        SplittableRandom random = new SplittableRandom(3);
        Pixels whole = new Augmentation.RandomResizedCrop(1, 1).apply(Pixels.black(90, 100), TARGET, random);
        assertThat(whole).isEqualTo(Pixels.black(16, 16));
        assertThat(IntStream.range(0, 20)
                        .mapToObj(i -> new Augmentation.RandomResizedCrop(0.08, 1).apply(photo, TARGET, random))
                        .distinct())
                .hasSize(20);
    }
}
