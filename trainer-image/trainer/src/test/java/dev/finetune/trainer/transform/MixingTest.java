package dev.finetune.trainer.transform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.trainer.transform.Mixing.CutMix;
import dev.finetune.trainer.transform.Mixing.Mixup;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MixingTest {
    private static final int DRAWS = 20_000;

    /** Beta(a, a) has the mean 1/2, the variance 1 / (4 (2a + 1)) and, as it is symmetric, no skewness. */
    @ParameterizedTest
    @ValueSource(doubles = {0.001, 0.2, 0.4, 1, 1.5, 8, 99})
    void shares_have_the_moments_of_their_distribution(double alpha) {
        SplittableRandom random = new SplittableRandom(1);
        double[] shares = IntStream.range(0, DRAWS)
                .mapToDouble(_ -> Mixing.beta(alpha, random))
                .toArray();

        assertThat(Arrays.stream(shares).filter(share -> !(share >= 0 && share <= 1)))
                .isEmpty();
        double mean =
                IntStream.range(0, DRAWS).mapToDouble(i -> shares[i]).average().orElseThrow();
        double variance = moment(shares, 2);
        assertThat(mean).isCloseTo(0.5, within(4 * Math.sqrt(variance / DRAWS)));
        double expected = 1 / (4 * (2 * alpha + 1));
        assertThat(variance).isCloseTo(expected, within(0.04 * expected));
        assertThat(moment(shares, 3)).isCloseTo(0, within(0.1 * Math.pow(expected, 1.5)));
    }

    private static double moment(double[] values, int power) {
        return Arrays.stream(values)
                .map(v -> Math.pow(v - 0.5, power))
                .average()
                .orElseThrow();
    }

    /** Beta(1, 1) is even, and Beta(1/2, 1/2) the arc sine distribution. */
    @Test
    void shares_have_the_quantiles_of_their_distribution() {
        for (double quantile : new double[] {0.1, 0.25, 0.5, 0.9}) {
            assertThat(below(1, quantile)).isCloseTo(quantile, within(0.015));
            assertThat(below(0.5, quantile)).isCloseTo(2 / Math.PI * Math.asin(Math.sqrt(quantile)), within(0.015));
        }
    }

    private static double below(double alpha, double share) {
        SplittableRandom random = new SplittableRandom(2);
        return (double) IntStream.range(0, DRAWS)
                        .filter(_ -> Mixing.beta(alpha, random) < share)
                        .count()
                / DRAWS;
    }

    @Test
    void a_step_is_mixed_alike_however_often_it_is_asked_and_others_otherwise() {
        Mixing mixing = new Mixing(List.of(new Mixup(0.4, 1), new CutMix(1, 1)), 3);

        for (long step = 0; step < 50; step++) {
            assertThat(mixing.of(step, 32, 24)).isEqualTo(mixing.of(step, 32, 24));
        }
        assertThat(LongStream.range(0, 50).mapToObj(s -> mixing.of(s, 32, 24)).distinct())
                .hasSizeGreaterThan(45);
        assertThat(new Mixing(mixing.ways(), 4).of(0, 32, 24)).isNotEqualTo(mixing.of(0, 32, 24));
        assertThat(new Mixing(List.of(), 3).of(0, 32, 24)).isEmpty();
    }

    @Test
    void of_two_ways_a_step_draws_one_and_is_mixed_as_often_as_that_says() {
        Mixing mixing = new Mixing(List.of(new Mixup(1, 0.5), new CutMix(1, 1)), 5);
        List<Optional<Mix>> steps =
                LongStream.range(0, 4000).mapToObj(s -> mixing.of(s, 16, 16)).toList();

        assertThat(steps.stream()
                        .filter(m -> m.isPresent() && m.get() instanceof Mix.Blend)
                        .count())
                .isBetween(880L, 1120L);
        assertThat(steps.stream()
                        .filter(m -> m.isPresent() && m.get() instanceof Mix.Patch)
                        .count())
                .isBetween(1880L, 2120L);
        assertThat(steps.stream().filter(Optional::isEmpty).count()).isBetween(880L, 1120L);
        assertThat(LongStream.range(0, 100).mapToObj(s -> new Mixing(List.of(new Mixup(1, 0)), 5).of(s, 16, 16)))
                .containsOnly(Optional.empty());
    }

    @Test
    void a_blend_is_the_weighted_sum() {
        float[] images = {9, 9, 9, 1, 2, 3};
        new Mix.Blend(0.75).apply(images, 3, new float[] {5, 6, 7});
        assertThat(images).containsExactly(9, 9, 9, 2, 3, 4);
    }

    @Test
    void a_patch_is_a_rectangle_of_the_other_and_counts_by_its_area() {
        int width = 4;
        int height = 3;
        float[] images = new float[2 * 3 * width * height];
        float[] other = new float[3 * width * height];
        for (int i = 0; i < other.length; i++) {
            other[i] = i + 1;
        }
        Mix.Patch patch = new Mix.Patch(width, height, 1, 0, 3, 2);

        patch.apply(images, other.length, other);

        for (int i = 0; i < other.length; i++) {
            int x = i % width;
            int y = i / width % height;
            boolean inside = x >= 1 && x < 3 && y < 2;
            assertThat(images[i]).isZero();
            assertThat(images[other.length + i]).isEqualTo(inside ? other[i] : 0);
        }
        assertThat(patch.own()).isEqualTo(1 - 4.0 / 12);
    }

    /** Its edges are sqrt(1 - share) of the image's, so that its area is 1 - share, less what lies outside. */
    @Test
    void a_patch_is_as_large_as_the_share_says_and_stays_inside() {
        SplittableRandom random = new SplittableRandom(6);
        for (int i = 0; i < 2000; i++) {
            double share = random.nextDouble();
            Mix.Patch patch = (Mix.Patch) new CutMix(1, 1).of(share, 200, 100, random);
            int across = patch.right() - patch.left();
            int down = patch.bottom() - patch.top();
            assertThat(patch.left()).isNotNegative();
            assertThat(patch.top()).isNotNegative();
            assertThat(patch.right()).isLessThanOrEqualTo(200);
            assertThat(patch.bottom()).isLessThanOrEqualTo(100);
            double edge = Math.sqrt(1 - share);
            if (patch.left() > 0 && patch.right() < 200) {
                assertThat((double) across).isCloseTo(200 * edge, within(2.0));
            }
            if (patch.top() > 0 && patch.bottom() < 100) {
                assertThat((double) down).isCloseTo(100 * edge, within(2.0));
            }
            assertThat(patch.own()).isBetween(0.0, 1.0);
        }
        Mix.Patch nothing = (Mix.Patch) new CutMix(1, 1).of(1, 20, 20, random);
        assertThat(nothing.own()).isEqualTo(1);
    }
}
