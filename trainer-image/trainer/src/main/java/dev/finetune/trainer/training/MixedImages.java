package dev.finetune.trainer.training;

import ai.djl.ndarray.NDManager;
import dev.finetune.trainer.model.PixelBatch;
import dev.finetune.trainer.transform.Mix;
import dev.finetune.trainer.transform.Mixing;
import dev.finetune.trainer.transform.Pixels;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Training images that are mixed with each other step by step. The other of an image is the one before it in the step, whose order is drawn
 * anew in each epoch, and the first has the last: so each is the other of one, whatever the micro-batches are. In memory are the images of a whole step.
 * For use by one thread.
 */
final class MixedImages implements ModelInputs<PixelBatch> {
    private final ImageExamples images;
    private final Mixing mixing;
    private final Map<Integer, Integer> others = new HashMap<>();
    private final Map<Integer, Pixels> ofStep = new HashMap<>();
    private long step;
    private int[] examplesOfStep = {};
    private Optional<Mix> mix = Optional.empty();

    MixedImages(ImageExamples images, Mixing mixing) {
        this.images = images;
        this.mixing = mixing;
    }

    @Override
    public List<String> ids() {
        return images.ids();
    }

    @Override
    public int[] lengths() {
        return images.lengths();
    }

    @Override
    public void ahead(int epoch, List<int[]> steps) {
        images.ahead(epoch, steps);
    }

    @Override
    public void begin(long newStep, int[] examples) {
        step = newStep;
        examplesOfStep = examples.clone();
        ofStep.clear();
        others.clear();
        for (int i = 0; i < examples.length; i++) {
            others.put(examples[i], examples[i == 0 ? examples.length - 1 : i - 1]);
        }
    }

    @Override
    public PixelBatch batch(NDManager scope, int[] examples) {
        if (ofStep.isEmpty()) {
            List<Pixels> taken = images.take(examplesOfStep);
            for (int i = 0; i < examplesOfStep.length; i++) {
                ofStep.put(examplesOfStep[i], taken.get(i));
            }
            mix = mixing.of(step, taken.getFirst().width(), taken.getFirst().height());
        }
        List<Pixels> own = of(examples);
        return mix.isEmpty()
                ? PixelBatch.of(scope, own, images.transform())
                : PixelBatch.of(scope, own, of(others(examples)), mix.get(), images.transform());
    }

    @Override
    public Optional<Mixed> mixed(int[] examples) {
        return mix.map(m -> new Mixed(m.own(), others(examples)));
    }

    private List<Pixels> of(int[] examples) {
        return IntStream.of(examples)
                .mapToObj(e -> Objects.requireNonNull(ofStep.get(e)))
                .toList();
    }

    private int[] others(int[] examples) {
        return IntStream.of(examples)
                .map(e -> Objects.requireNonNull(others.get(e)))
                .toArray();
    }
}
