package dev.finetune.trainer.dataset;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** One file below a folder of data; {@code name} is its path there, with slashes. */
record Part(String name, Path path) {
    private static final Set<String> JUNK = Set.of("__MACOSX", "Thumbs.db", "desktop.ini");
    private static final int SHOWN = 5;

    /**
     * The files below a folder, ordered by name and without those that systems leave behind (hidden files, thumbnails). Links are
     * followed as long as they stay in the folder.
     */
    static List<Part> below(String source, Path folder) throws IOException {
        Path root = folder.toRealPath();
        try (Stream<Path> all = Files.walk(root, FileVisitOption.FOLLOW_LINKS)) {
            List<Part> parts = all.filter(file -> !file.equals(root) && !isJunk(root.relativize(file)))
                    .filter(file -> !Files.isDirectory(file))
                    .map(file -> new Part(name(root.relativize(file)), file))
                    .sorted(Comparator.comparing(Part::name))
                    .toList();
            for (Part part : parts) {
                if (!Files.isRegularFile(part.path())
                        || !part.path().toRealPath().startsWith(root)) {
                    throw new StageException(
                            FailureClass.InvalidData,
                            source + " holds '" + part.name()
                                    + "', which leads out of it through a link or is no file: put the file itself there.");
                }
            }
            return parts;
        } catch (java.io.UncheckedIOException e) {
            throw new StageException(
                    FailureClass.SourceUnavailable, "Cannot read all of " + source + ": " + e.getMessage() + ".", e);
        }
    }

    /** The files of a format: those with one of its extensions, or the only file that there is. */
    static List<Part> of(String source, Path folder, List<String> extensions) throws IOException {
        List<Part> all = below(source, folder);
        if (all.size() == 1) {
            return all;
        }
        List<Part> parts = all.stream()
                .filter(part -> extensions.stream().anyMatch(part.name().toLowerCase(Locale.ROOT)::endsWith))
                .toList();
        if (parts.isEmpty()) {
            throw new StageException(
                    FailureClass.InvalidData,
                    source + " holds no file that ends in " + String.join(" or ", extensions) + " (spec.dataset.format)"
                            + (all.isEmpty() ? "; it is empty" : "; it holds " + shown(all))
                            + (all.stream().anyMatch(p -> p.name().equals("[Content_Types].xml"))
                                    ? ", a spreadsheet or document: export it as CSV."
                                    : "."));
        }
        return parts;
    }

    /** The folder that it stands in first, empty where it stands in none. */
    String firstFolder() {
        int slash = name.indexOf('/');
        return slash < 0 ? "" : name.substring(0, slash);
    }

    private static String shown(List<Part> parts) {
        return parts.stream().limit(SHOWN).map(p -> "'" + p.name() + "'").collect(Collectors.joining(", "))
                + (parts.size() > SHOWN ? " and " + (parts.size() - SHOWN) + " more" : "");
    }

    /** Whether a system left it there: a hidden file, a thumbnail. */
    static boolean isJunk(Path relative) {
        return Arrays.stream(name(relative).split("/")).anyMatch(s -> s.startsWith(".") || JUNK.contains(s));
    }

    private static String name(Path relative) {
        return relative.toString().replace(relative.getFileSystem().getSeparator(), "/");
    }
}
