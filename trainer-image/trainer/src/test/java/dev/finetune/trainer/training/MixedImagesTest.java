package dev.finetune.trainer.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.finetune.api.Augmentation;
import dev.finetune.api.AugmentationType;
import dev.finetune.api.Imbalance;
import dev.finetune.trainer.ColouredShapes;
import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.engine.Gradients;
import dev.finetune.trainer.engine.Parameter;
import dev.finetune.trainer.engine.TorchEngine;
import dev.finetune.trainer.transform.Augmentations;
import dev.finetune.trainer.transform.ImageInput;
import dev.finetune.trainer.transform.ImageTransform;
import dev.finetune.trainer.transform.Mixing;
import dev.finetune.trainer.transform.Resample;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Images and labels that are mixed: what goes in, what the loss is, and that micro-batches change neither. */
class MixedImagesTest {
    private static final List<String> LABELS = List.of("a", "b", "c");
    private static final List<String> TRAIN = List.of("a", "c", "b", "a");
    private static final float[] LOGITS = {0.5f, -1, 2, 1, 0, -0.5f, -2, 0.25f, 0, 3, 1, -1};
    private static final int[] ALL = {0, 1, 2, 3};
    private static final int[] OTHERS = {3, 0, 1, 2};

    private final TorchEngine engine = TorchEngine.start();

    /** By hand: of softmax and of targets that are shared, smoothed towards the mean where that is asked for. */
    @ParameterizedTest
    @ValueSource(doubles = {0, 0.1})
    void lossAndGradientAreThoseOfSharedTargets(double smoothing) {
        double own = 0.7;
        double loss = 0;
        float[] gradient = new float[LOGITS.length];
        for (int i = 0; i < 4; i++) {
            double sum = 0;
            for (int k = 0; k < 3; k++) {
                sum += Math.exp(LOGITS[3 * i + k]);
            }
            for (int k = 0; k < 3; k++) {
                double target = own * (label(i) == k ? 1 : 0) + (1 - own) * (label(OTHERS[i]) == k ? 1 : 0);
                double smoothed = (1 - smoothing) * target + smoothing / 3;
                double p = Math.exp(LOGITS[3 * i + k]) / sum;
                loss -= smoothed * Math.log(p) / 4;
                gradient[3 * i + k] = (float) ((p - smoothed) / 4);
            }
        }

        Computed computed = computed(smoothing, own, 0, 4);

        assertThat((double) computed.loss).isCloseTo(loss, within(1e-5));
        assertThat(computed.gradient).containsExactly(gradient, within(1e-6f));
    }

    @Test
    void rowsApartAddUpToRowsTogether() {
        Computed whole = computed(0.1, 0.3, 0, 4);
        Computed first = computed(0.1, 0.3, 0, 1);
        Computed second = computed(0.1, 0.3, 1, 4);

        assertThat(first.loss + second.loss).isCloseTo(whole.loss, within(1e-5f));
        float[] gradients = Arrays.copyOf(first.gradient, 12);
        System.arraycopy(second.gradient, 0, gradients, 3, 9);
        assertThat(gradients).containsExactly(whole.gradient, within(1e-7f));
    }

    @Test
    void oneImageAloneHasItsOwnLossToTheLastBit() {
        Objective objective = objective(0);
        try (NDManager scope = engine.newScope()) {
            NDArray logits = scope.create(LOGITS, new Shape(4, 3));
            float plain = objective.loss(logits, ALL, 4).getFloat();
            float others = objective.loss(logits, OTHERS, 4).getFloat();
            assertThat(new Mixed(1, OTHERS)
                            .loss(engine, objective, logits, ALL, 4)
                            .getFloat())
                    .isEqualTo(plain);
            assertThat(new Mixed(0, OTHERS)
                            .loss(engine, objective, logits, ALL, 4)
                            .getFloat())
                    .isEqualTo(others);
        }
    }

    /** As PyTorch's weighted mean over targets that have the shares of both labels. */
    @Test
    void withClassWeightsAStepIsDividedByTheWeightsOfItsMixedLabels() {
        double own = 0.3;
        Objective weighted = objective(0, Imbalance.ClassWeights);
        double loss = 0;
        double divisor = 0;
        for (int i : ALL) {
            double sum = 0;
            for (int k = 0; k < 3; k++) {
                sum += Math.exp(LOGITS[3 * i + k]);
            }
            for (int example : new int[] {i, OTHERS[i]}) {
                double share = example == i ? own : 1 - own;
                int label = label(example);
                long same = TRAIN.stream().filter(LABELS.get(label)::equals).count();
                double weight = share * TRAIN.size() / (LABELS.size() * (double) same);
                loss -= weight * Math.log(Math.exp(LOGITS[3 * i + label]) / sum);
                divisor += weight;
            }
        }

        assertThat(weighted.divisor(ALL)).isCloseTo(divisor, within(1e-6));
        try (NDManager scope = engine.newScope()) {
            NDArray logits = scope.create(LOGITS, new Shape(4, 3));
            assertThat((double) new Mixed(own, OTHERS)
                            .loss(engine, weighted, logits, ALL, weighted.divisor(ALL))
                            .getFloat())
                    .isCloseTo(loss / divisor, within(1e-5));
        }
    }

    private record Computed(float loss, float[] gradient) {}

    private Computed computed(double smoothing, double own, int from, int to) {
        try (NDManager scope = engine.newScope()) {
            NDArray logits = scope.create(Arrays.copyOfRange(LOGITS, 3 * from, 3 * to), new Shape(to - from, 3));
            logits.setRequiresGradient(true);
            NDArray loss = new Mixed(own, Arrays.copyOfRange(OTHERS, from, to))
                    .loss(engine, objective(smoothing), logits, Arrays.copyOfRange(ALL, from, to), 4);
            try (Gradients gradients =
                    Gradients.of(engine, loss, List.of(new Parameter("logits", logits, false, false)))) {
                return new Computed(
                        loss.getFloat(), gradients.arrays().getFirst().toFloatArray());
            }
        }
    }

    private static int label(int example) {
        return LABELS.indexOf(TRAIN.get(example));
    }

    private Objective objective(double smoothing) {
        return objective(smoothing, Imbalance.None);
    }

    private Objective objective(double smoothing, Imbalance imbalance) {
        List<Example> examples = new ArrayList<>();
        for (String label : TRAIN) {
            examples.add(new Example("id", "key", "text", label));
        }
        return new LabelObjective(
                engine,
                new Objective.Targets(LABELS, examples, examples),
                smoothing,
                imbalance,
                new SelectionRule("accuracy", null, null, 0));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aBatchIsTheSameHoweverAStepIsCut(boolean cut) {
        Mixing mixing = mixing(cut ? new Mixing.CutMix(1, 1) : new Mixing.Mixup(0.4, 1));
        int[] step = {5, 1, 9, 2, 7};
        try (NDManager scope = engine.newScope();
                ImageExamples images = images(1);
                ImageExamples more = images(3)) {
            MixedImages whole = new MixedImages(images, mixing);
            MixedImages parts = new MixedImages(more, mixing);
            parts.ahead(0, List.of(step, new int[] {0, 3}));
            for (long number = 0; number < 6; number++) {
                whole.begin(number, step);
                parts.begin(number, step);
                float[] together = whole.batch(scope, step).pixels().toFloatArray();
                float[] first = parts.batch(scope, new int[] {5, 1}).pixels().toFloatArray();
                Mixed mixed = parts.mixed().orElseThrow();
                float[] second =
                        parts.batch(scope, new int[] {9, 2, 7}).pixels().toFloatArray();

                assertThat(Arrays.copyOf(together, first.length)).isEqualTo(first);
                assertThat(Arrays.copyOfRange(together, first.length, together.length))
                        .isEqualTo(second);
                assertThat(mixed.others()).containsExactly(7, 5);
                assertThat(parts.mixed().orElseThrow().others()).containsExactly(1, 9, 2);
                assertThat(whole.mixed().orElseThrow().own()).isEqualTo(mixed.own());
                assertThat(together)
                        .isNotEqualTo(images.batch(scope, step).pixels().toFloatArray());
            }
        }
    }

    /** As oversampling makes them: each of its copies is mixed with the image before that copy. */
    @Test
    void theCopiesOfOneImageInAStepAreMixedWithDifferentOnes() {
        int[] step = {5, 1, 5, 5, 2};
        try (NDManager scope = engine.newScope();
                ImageExamples images = images(3)) {
            MixedImages mixed = new MixedImages(images, mixing(new Mixing.Mixup(1, 1)));
            mixed.ahead(0, List.of(step));
            mixed.begin(0, step);
            float[] plain = images.batch(scope, new int[] {5, 1, 2}).pixels().toFloatArray();

            float[] first = mixed.batch(scope, new int[] {5, 1}).pixels().toFloatArray();
            assertThat(mixed.mixed().orElseThrow().others()).containsExactly(2, 5);
            float[] second = mixed.batch(scope, new int[] {5, 5, 2}).pixels().toFloatArray();
            assertThat(mixed.mixed().orElseThrow().others()).containsExactly(1, 5, 5);

            double own = mixed.mixed().orElseThrow().own();
            int size = first.length / 2;
            for (int i = 0; i < size; i++) {
                float five = plain[i];
                assertThat((double) first[i]).isCloseTo(own * five + (1 - own) * plain[2 * size + i], within(1e-5));
                assertThat((double) second[i]).isCloseTo(own * five + (1 - own) * plain[size + i], within(1e-5));
                assertThat((double) second[size + i]).isCloseTo(five, within(1e-5));
            }
        }
    }

    /** The value of every pixel is that of both images by their shares. */
    @Test
    void aBlendedBatchIsTheSumOfBothByTheirShares() {
        int[] step = {4, 8};
        try (NDManager scope = engine.newScope();
                ImageExamples images = images(1)) {
            MixedImages mixed = new MixedImages(images, mixing(new Mixing.Mixup(1, 1)));
            float[] plain = images.batch(scope, step).pixels().toFloatArray();
            mixed.begin(3, step);
            float[] blended = mixed.batch(scope, step).pixels().toFloatArray();
            double own = mixed.mixed().orElseThrow().own();

            int size = plain.length / 2;
            for (int i = 0; i < size; i++) {
                assertThat((double) blended[i]).isCloseTo(own * plain[i] + (1 - own) * plain[size + i], within(1e-5));
                assertThat((double) blended[size + i])
                        .isCloseTo(own * plain[size + i] + (1 - own) * plain[i], within(1e-5));
            }
        }
    }

    @Test
    void aStepThatIsNotMixedIsAsItIs() {
        int[] step = {4, 8, 2};
        try (NDManager scope = engine.newScope();
                ImageExamples images = images(1)) {
            MixedImages mixed = new MixedImages(images, mixing(new Mixing.Mixup(1, 0)));
            mixed.begin(0, step);

            assertThat(mixed.batch(scope, step).pixels().toFloatArray())
                    .isEqualTo(images.batch(scope, step).pixels().toFloatArray());
            assertThat(mixed.mixed()).isEmpty();
        }
    }

    @Test
    void theDefaultsAreThoseOfThePapersCode() {
        assertThat(AskedAugmentation.mixing(List.of(
                        asked(AugmentationType.HorizontalFlip, null, null),
                        asked(AugmentationType.Mixup, null, null),
                        asked(AugmentationType.CutMix, "2.5", "0.5"))))
                .containsExactly(new Mixing.Mixup(0.2, 1), new Mixing.CutMix(2.5, 0.5));
        assertThat(AskedAugmentation.mixing(List.of(asked(AugmentationType.CutMix, null, null))))
                .containsExactly(new Mixing.CutMix(1, 1));
        assertThat(AskedAugmentation.ofImages(List.of(asked(AugmentationType.Mixup, null, null))))
                .isEmpty();
    }

    static Augmentation asked(AugmentationType type, @Nullable String alpha, @Nullable String probability) {
        return new Augmentation(type, probability, null, null, null, null, null, null, null, null, alpha);
    }

    private static Mixing mixing(Mixing.Way way) {
        return new Mixing(List.of(way), 11);
    }

    private static ImageExamples images(int threads) {
        List<ImageInput> files = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            files.add(ImageInput.of(ColouredShapes.file(ColouredShapes.COLOURS.get(i % 3), i, "png")));
        }
        ImageTransform transform =
                ImageTransform.squared(16, Resample.Bilinear, List.of(0.5, 0.5, 0.5), List.of(0.5, 0.5, 0.5));
        return new ImageExamples(
                files, java.util.Collections.nCopies(10, "image"), new Augmentations(List.of(), transform, 0), threads);
    }
}
