package dev.finetune.trainer.training;

import ai.djl.ndarray.NDManager;
import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.dataset.image.ImageDecoder;
import dev.finetune.trainer.dataset.image.UnreadableImageException;
import dev.finetune.trainer.model.PixelBatch;
import dev.finetune.trainer.transform.Augmentations;
import dev.finetune.trainer.transform.ImageInput;
import dev.finetune.trainer.transform.ImageTransform;
import dev.finetune.trainer.transform.Pixels;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * The images of a split. Their files are read, decoded, changed and fitted when they are needed, {@link Ahead} of the step that takes them.
 * For use by one thread.
 */
final class ImageExamples implements ModelInputs<PixelBatch>, AutoCloseable {
    private final List<ImageInput> images;
    private final List<String> ids;
    private final Augmentations augmentations;
    private final Ahead<Pixels> ahead;

    /** Images by their files, with where each stood. */
    ImageExamples(List<ImageInput> images, List<String> ids, Augmentations augmentations, int threads) {
        this.images = images;
        this.ids = ids;
        this.augmentations = augmentations;
        this.ahead = new Ahead<>("images", threads, this::fitted);
    }

    /** The images of prepared examples. */
    static ImageExamples of(List<Example> examples, Augmentations augmentations, int threads) {
        return new ImageExamples(
                examples.stream()
                        .map(e -> Objects.requireNonNull(e.image(), e::id).input())
                        .toList(),
                examples.stream().map(Example::id).toList(),
                augmentations,
                threads);
    }

    @Override
    public List<String> ids() {
        return ids;
    }

    /** All cost the same. */
    @Override
    public int[] lengths() {
        int[] lengths = new int[images.size()];
        Arrays.fill(lengths, 1);
        return lengths;
    }

    @Override
    public void ahead(int epoch, List<int[]> batches) {
        ahead.begin(epoch, batches);
    }

    @Override
    public PixelBatch batch(NDManager scope, int[] examples) {
        return PixelBatch.of(scope, take(examples), transform());
    }

    /** These images as they are in the epoch at hand. */
    List<Pixels> take(int[] examples) {
        return ahead.take(examples);
    }

    /** How they become values. */
    ImageTransform transform() {
        return augmentations.transform();
    }

    /** What an example is in an epoch. */
    Pixels fitted(int epoch, int example) {
        try {
            return augmentations.apply(ImageDecoder.decode(images.get(example).bytes()), epoch, example);
        } catch (UnreadableImageException e) {
            throw new StageException(
                    FailureClass.InvalidData,
                    ids.get(example) + " could be decoded when the data was prepared, and cannot be now: "
                            + e.getMessage() + ". The volume of the workspace is damaged; run the job again.",
                    e);
        }
    }

    @Override
    public void close() {
        ahead.close();
    }
}
