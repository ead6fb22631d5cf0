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
import dev.finetune.trainer.transform.Pixels;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/**
 * The images of a split. Their files are read, decoded, changed and fitted when they are needed, ahead of the step that takes them and on
 * several threads; in memory are the fitted images of the batch at hand and of as many to come. What comes out depends on image, seed,
 * epoch and place alone, so neither threads nor a resume change it. For use by one thread.
 */
final class ImageExamples implements ModelInputs<PixelBatch>, AutoCloseable {
    private final List<ImageInput> images;
    private final List<String> ids;
    private final Augmentations augmentations;
    private final ExecutorService threads;
    private final Map<Integer, Future<Pixels>> coming = new HashMap<>();
    private Iterator<Integer> next = Collections.emptyIterator();
    private int epoch;

    /** Images by their files, with where each stood. */
    ImageExamples(List<ImageInput> images, List<String> ids, Augmentations augmentations, int threads) {
        this.images = images;
        this.ids = ids;
        this.augmentations = augmentations;
        this.threads = Executors.newFixedThreadPool(
                threads, Thread.ofPlatform().name("images-", 0).daemon().factory());
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
    public void ahead(int newEpoch, List<int[]> batches) {
        coming.values().forEach(image -> image.cancel(true));
        coming.clear();
        epoch = newEpoch;
        next = batches.stream().flatMapToInt(IntStream::of).iterator();
    }

    @Override
    public PixelBatch batch(NDManager scope, int[] examples) {
        while (next.hasNext() && coming.size() < 2 * examples.length) {
            begin(next.next());
        }
        for (int example : examples) {
            begin(example);
        }
        List<Pixels> fitted = Arrays.stream(examples).mapToObj(this::finished).toList();
        return PixelBatch.of(scope, fitted, augmentations.transform());
    }

    private void begin(int example) {
        int ofEpoch = epoch;
        coming.computeIfAbsent(example, e -> threads.submit(() -> fitted(e, ofEpoch)));
    }

    private Pixels fitted(int example, int ofEpoch) {
        try {
            return augmentations.apply(ImageDecoder.decode(images.get(example).bytes()), ofEpoch, example);
        } catch (UnreadableImageException e) {
            throw new StageException(
                    FailureClass.InvalidData,
                    ids.get(example) + " could be decoded when the data was prepared, and cannot be now: "
                            + e.getMessage() + ". The volume of the workspace is damaged; run the job again.",
                    e);
        }
    }

    private Pixels finished(int example) {
        try {
            return Objects.requireNonNull(coming.remove(example), "every image of a batch was begun")
                    .get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case RuntimeException cause -> throw cause;
                case Error cause -> throw cause;
                case null, default -> throw new IllegalStateException(e);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while an image was decoded", e);
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
