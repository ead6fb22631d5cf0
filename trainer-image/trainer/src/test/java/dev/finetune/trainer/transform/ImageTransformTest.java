package dev.finetune.trainer.transform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.transform.ImageTransform.Normalisation;
import dev.finetune.trainer.transform.ImageTransform.Resize;
import dev.finetune.trainer.transform.ImageTransform.Size;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ImageTransformTest {
    @Test
    void the_shorter_edge_gets_its_length_and_the_middle_is_cropped() {
        ImageTransform transform = new ImageTransform(
                Optional.of(new Resize.Shortest(20)),
                Resample.Bilinear,
                Optional.of(new Size(16, 16)),
                Normalisation.of(List.of(0.5, 0.5, 0.5), List.of(0.5, 0.5, 0.5)));
        Pixels photo = ResizerTest.formula(50, 33);
        Pixels fitted = transform.fit(photo);
        Pixels resized = Resizer.resize(photo, 30, 20, Resample.Bilinear);
        assertThat(fitted).isEqualTo(resized.crop(7, 2, 16, 16));
        assertThat(transform.outputSize()).contains(new Size(16, 16));
    }

    @Test
    void an_image_that_is_smaller_than_the_crop_gets_black_around() {
        ImageTransform transform = new ImageTransform(
                Optional.empty(),
                Resample.Bilinear,
                Optional.of(new Size(5, 7)),
                Normalisation.of(List.of(0.0, 0.0, 0.0), List.of(1.0, 1.0, 1.0)));
        Pixels dot = new Pixels(1, 1, new byte[] {9, 8, 7});
        Pixels fitted = transform.fit(dot);
        assertThat(fitted.at(3, 2, 0)).isEqualTo(9);
        assertThat(fitted.at(2, 2, 0) + fitted.at(4, 2, 0) + fitted.at(3, 1, 0)).isZero();
    }

    @Test
    void values_are_scaled_and_normalised_channel_by_channel() {
        ImageTransform transform = new ImageTransform(
                Optional.empty(),
                Resample.Bilinear,
                Optional.empty(),
                Normalisation.of(List.of(0.5, 0.25, 0.0), List.of(0.5, 0.25, 1.0)));
        float[] values = new float[7];
        transform.normalise(new Pixels(2, 1, new byte[] {0, 0, 0, (byte) 255, (byte) 255, 51}), values, 1);
        assertThat(values).containsExactly(new float[] {0, -1, 1, -1, 3, 0, 0.2f}, within(1e-7f));
    }

    @Test
    void vits_processor_resizes_to_a_square() throws Exception {
        ImageTransform transform = read(
                "{'image_processor_type': 'ViTFeatureExtractor', 'size': 224, 'resample': 2, 'image_mean': [0.5, 0.5, 0.5], 'image_std': [0.5, 0.5, 0.5]}");
        assertThat(transform.resize()).contains(new Resize.Exact(new Size(224, 224)));
        assertThat(transform.crop()).isEmpty();
        assertThat(transform.resample()).isEqualTo(Resample.Bilinear);
    }

    @Test
    void convnexts_processor_crops_a_part_of_a_larger_resize_below_384_pixels() throws Exception {
        ImageTransform small = read(
                "{'feature_extractor_type': 'ConvNextFeatureExtractor', 'crop_pct': 0.875, 'size': 224, 'resample': 3, 'image_mean': [0.485, 0.456, 0.406], 'image_std': [0.229, 0.224, 0.225]}");
        assertThat(small.resize()).contains(new Resize.Shortest(256));
        assertThat(small.crop()).contains(new Size(224, 224));
        ImageTransform large =
                read("{'image_processor_type': 'ConvNextImageProcessor', 'size': {'shortest_edge': 384}}");
        assertThat(large.resize()).contains(new Resize.Exact(new Size(384, 384)));
        assertThat(large.crop()).isEmpty();
    }

    @Test
    void efficientnets_processor_may_shift_and_divide_twice() throws Exception {
        ImageTransform transform = read(
                "{'image_processor_type': 'EfficientNetImageProcessor', 'size': {'height': 32, 'width': 40}, 'rescale_factor': 0.00784313725490196, 'rescale_offset': true, 'image_mean': [0, 0, 0], 'image_std': [0.5, 0.5, 0.5]}");
        assertThat(transform.resample()).isEqualTo(Resample.Nearest);
        assertThat(transform.resize()).contains(new Resize.Exact(new Size(32, 40)));
        assertThat(transform.normalisation())
                .isEqualTo(
                        new Normalisation(0.00784313725490196, -1, List.of(0.0, 0.0, 0.0), List.of(0.25, 0.25, 0.25)));
    }

    @Test
    void mobilenets_processor_crops_from_256() throws Exception {
        ImageTransform transform = read("{'image_processor_type': 'MobileNetV2ImageProcessor'}");
        assertThat(transform.resize()).contains(new Resize.Shortest(256));
        assertThat(transform.crop()).contains(new Size(224, 224));
    }

    @Test
    void what_is_written_for_transformers_says_the_same() {
        List<Double> mean = List.of(0.485, 0.456, 0.406);
        List<Double> std = List.of(0.229, 0.224, 0.225);
        for (ImageTransform transform : List.of(
                ImageTransform.cropped(256, 224, Resample.Bicubic, mean, std),
                ImageTransform.squared(96, Resample.Nearest, mean, std))) {
            assertThat(PreprocessorConfig.read(Path.of("x"), PreprocessorConfig.write(transform)))
                    .isEqualTo(transform);
        }
        ImageTransform shifted = new ImageTransform(
                Optional.empty(),
                Resample.Box,
                Optional.of(new Size(4, 5)),
                new Normalisation(1 / 127.5, -1, mean, std));
        float[] here = new float[3 * 20];
        float[] there = new float[3 * 20];
        Pixels image = shifted.fit(ResizerTest.formula(6, 7));
        shifted.normalise(image, here, 0);
        PreprocessorConfig.read(Path.of("x"), PreprocessorConfig.write(shifted)).normalise(image, there, 0);
        assertThat(there).containsExactly(here, within(1e-5f));
    }

    @Test
    void nonsense_is_told_with_file_and_key() {
        assertThatThrownBy(() -> read("{'size': {'height': -3, 'width': 224}}"))
                .isInstanceOf(StageException.class)
                .hasMessageContaining("preprocessor_config.json: size.height")
                .hasMessageContaining("-3");
    }

    private static ImageTransform read(String json) throws Exception {
        return PreprocessorConfig.read(
                Path.of("preprocessor_config.json"), new ObjectMapper().readTree(json.replace('\'', '"')));
    }
}
