package dev.finetune.trainer.dataset;

import dev.finetune.trainer.storage.DurableFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** The image files of a split one after the other in one file, as they came: many small files are slow on every volume. */
final class ImagePack {
    private ImagePack() {}

    /** Replaces the pack by the images of these examples, and gives the examples with their places in it. */
    static List<Example> write(Path pack, List<Example> examples) throws IOException {
        List<Example> stored = new ArrayList<>(examples.size());
        DurableFiles.write(pack, out -> {
            long at = 0;
            for (Example example : examples) {
                byte[] bytes =
                        Objects.requireNonNull(example.image(), example::id).read();
                out.write(bytes);
                stored.add(example.with(new StoredImage(String.valueOf(pack.getFileName()), at, bytes.length)));
                at += bytes.length;
            }
        });
        return stored;
    }
}
