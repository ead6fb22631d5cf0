package dev.finetune.trainer.dataset;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A folder whose folders are the classes: every file below {@code <class>/} belongs to that class, however deep it lies. Archives often
 * hold one folder around all of it, which is looked through. Files beside the classes (a README, a licence) belong to none and are left
 * out.
 */
record ClassFolders(List<Part> files) {
    private static final Set<String> SPLITS =
            Set.of("train", "training", "val", "valid", "validation", "dev", "test", "testing", "eval");

    /** {@code extension} is that of the files, for messages. */
    static ClassFolders of(String source, Path folder, String extension) throws IOException {
        Path root = Files.isDirectory(folder) ? inner(folder) : folder;
        List<Part> all = Files.isDirectory(root) ? Part.below(source, root) : List.of();
        List<Part> files = all.stream().filter(p -> !p.firstFolder().isEmpty()).toList();
        if (files.isEmpty()) {
            throw new StageException(
                    FailureClass.InvalidData,
                    source
                            + " has no class folders: a folder (or an archive of one) with one folder per class was expected, "
                            + "such as positive/1" + extension + " and negative/2" + extension + ".");
        }
        TreeSet<String> folders =
                folders(root).map(f -> String.valueOf(f.getFileName())).collect(Collectors.toCollection(TreeSet::new));
        refuseSplits(source, folders, files);
        TreeSet<String> empty = new TreeSet<>(folders);
        files.forEach(p -> empty.remove(p.firstFolder()));
        if (!empty.isEmpty()) {
            throw new StageException(
                    FailureClass.InvalidData,
                    source + " has class folders without a file: " + String.join(", ", empty)
                            + ". Put examples into them, or remove them.");
        }
        return new ClassFolders(files);
    }

    /** Folders of folders that are all called like splits are no classes, and would train without a word. */
    private static void refuseSplits(String source, TreeSet<String> folders, List<Part> files) {
        boolean deeper = files.stream()
                .allMatch(p -> p.name().indexOf('/', p.firstFolder().length() + 1) > 0);
        if (folders.size() > 1 && deeper && SPLITS.containsAll(folders)) {
            throw new StageException(
                    FailureClass.InvalidData,
                    source + " has the folders " + String.join(", ", folders)
                            + ", which are splits and not classes. Name each as a source of its own, whose folders are the classes: spec.dataset.train.storageUri, validation.storageUri and test.storageUri.");
        }
    }

    private static Path inner(Path folder) throws IOException {
        Path at = folder;
        while (true) {
            List<Path> below = visible(at).toList();
            if (below.size() != 1 || folders(below.getFirst()).findAny().isEmpty()) {
                return at;
            }
            at = below.getFirst();
        }
    }

    private static Stream<Path> folders(Path folder) throws IOException {
        return Files.isDirectory(folder) ? visible(folder).filter(Files::isDirectory) : Stream.of();
    }

    private static Stream<Path> visible(Path folder) throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(f -> !Part.isJunk(f.getFileName())).toList().stream();
        }
    }
}
