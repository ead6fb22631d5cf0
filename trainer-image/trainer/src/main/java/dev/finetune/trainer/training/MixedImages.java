package dev.finetune.trainer.training;

import ai.djl.ndarray.NDManager;
import dev.finetune.trainer.model.PixelBatch;
import dev.finetune.trainer.transform.Mix;
import dev.finetune.trainer.transform.Mixing;
import dev.finetune.trainer.transform.Pixels;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Training images that are mixed with each other step by step. The other of an image is the one before it in the step, whose order is drawn
 * anew in each epoch, and the first has the last: so each is the other of one, whatever the micro-batches are, and the copies of one that stands several times in
 * a step have others of their own. In memory are the images of a whole step. Batches are the parts of the step, one after the other. For use by one thread.
 */
final class MixedImages implements ModelInputs<PixelBatch> {
    private final ImageExamples images;
    private final Mixing mixing;
    private long step;
    private int[] examplesOfStep = {};
    private List<Pixels> ofStep = List.of();
    private Optional<Mix> mix = Optional.empty();

    /** The last batch is the part of the step from here to there. */
    private int from;

    private int to;

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
        ofStep = List.of();
        to = 0;
    }

    @Override
    public PixelBatch batch(NDManager scope, int[] examples) {
        if (ofStep.isEmpty()) {
            ofStep = images.take(examplesOfStep);
            mix = mixing.of(step, ofStep.getFirst().width(), ofStep.getFirst().height());
        }
        from = to;
        to += examples.length;
        List<Pixels> own = ofStep.subList(from, to);
        return mix.isEmpty()
                ? PixelBatch.of(scope, own, images.transform())
                : PixelBatch.of(scope, own, others().mapToObj(ofStep::get).toList(), mix.get(), images.transform());
    }

    @Override
    public Optional<Mixed> mixed() {
        return mix.map(m ->
                new Mixed(m.own(), others().map(place -> examplesOfStep[place]).toArray()));
    }

    /** Where in the step the others of the last batch are. */
    private IntStream others() {
        return IntStream.range(from, to).map(place -> Math.floorMod(place - 1, examplesOfStep.length));
    }
}
