package dev.finetune.trainer.cli;

import dev.finetune.api.BaseModelSource;
import dev.finetune.api.DataSource;
import dev.finetune.api.DataSplit;
import dev.finetune.api.DatasetSpec;
import dev.finetune.api.FineTuneJobSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The {@code file:} sources of a spec: made absolute against the manifest's folder, and recognised when they change. */
final class LocalSources {
    private static final String SCHEME = "file:";

    private LocalSources() {}

    /**
     * The spec with every {@code file:} source absolute ({@code file://data/x.csv} and {@code file:data/x.csv} are relative), and with what
     * is mounted as files of this machine.
     */
    static FineTuneJobSpec resolve(FineTuneJobSpec spec, Path manifest, Map<String, Path> mounts) {
        Path parent = Objects.requireNonNull(manifest.toAbsolutePath().getParent(), "a file stands in a folder");
        Folders folder = new Folders(parent, mounts);
        BaseModelSource model = spec.model();
        if (model != null) {
            model = new BaseModelSource(
                    absolute(model.storageUri(), folder), model.secretRef(), model.digest(), model.allowedLicenses());
        }
        return withSources(spec, model, spec.dataset() == null ? null : resolve(spec.dataset(), folder));
    }

    /** The spec that train is told: it never learns where the test data is. */
    static FineTuneJobSpec withoutTest(FineTuneJobSpec spec) {
        DatasetSpec d = Objects.requireNonNull(spec.dataset(), "spec.dataset is required");
        return withSources(spec, spec.model(), withFiles(d, d.train(), d.validation(), null, d.thesaurus()));
    }

    /** The size and time of every local file that the spec reads: another value means that prepare must run again. */
    static List<String> fingerprint(FineTuneJobSpec spec) {
        TreeMap<String, String> files = new TreeMap<>();
        DatasetSpec d = spec.dataset();
        Stream.of(
                        spec.model() == null ? null : spec.model().storageUri(),
                        d == null || d.train() == null ? null : d.train().storageUri(),
                        d == null || d.validation() == null
                                ? null
                                : d.validation().storageUri(),
                        d == null || d.test() == null ? null : d.test().storageUri(),
                        d == null || d.thesaurus() == null
                                ? null
                                : d.thesaurus().storageUri())
                .filter(uri -> uri != null && uri.startsWith(SCHEME))
                .map(uri -> Path.of(URI.create(uri)))
                .forEach(path -> stamp(path, files));
        return files.entrySet().stream().map(e -> e.getKey() + e.getValue()).toList();
    }

    private static void stamp(Path path, TreeMap<String, String> files) {
        if (!Files.exists(path)) {
            return;
        }
        try (Stream<Path> all = Files.walk(path)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                files.put(file.toString(), " " + Files.size(file) + " " + Files.getLastModifiedTime(file));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static DatasetSpec resolve(DatasetSpec d, Folders folder) {
        return withFiles(
                d,
                source(d.train(), folder),
                split(d.validation(), folder),
                split(d.test(), folder),
                source(d.thesaurus(), folder));
    }

    private static @Nullable DataSource source(@Nullable DataSource source, Folders folder) {
        return source == null ? null : new DataSource(absolute(source.storageUri(), folder), source.secretRef());
    }

    private static @Nullable DataSplit split(@Nullable DataSplit split, Folders folder) {
        return split == null
                ? null
                : new DataSplit(absolute(split.storageUri(), folder), split.secretRef(), split.fraction());
    }

    private static @Nullable String absolute(@Nullable String uri, Folders folder) {
        return uri == null ? null : folder.resolve(uri).orElse(uri);
    }

    private static FineTuneJobSpec withSources(
            FineTuneJobSpec s, @Nullable BaseModelSource model, @Nullable DatasetSpec dataset) {
        return new FineTuneJobSpec(
                s.task(),
                s.suspend(),
                s.profile(),
                model,
                dataset,
                s.training(),
                s.evaluation(),
                s.output(),
                s.activeDeadlineSeconds(),
                s.backoffLimit(),
                s.ttlSecondsAfterFinished(),
                s.podTemplate());
    }

    private static DatasetSpec withFiles(
            DatasetSpec d,
            @Nullable DataSource train,
            @Nullable DataSplit validation,
            @Nullable DataSplit test,
            @Nullable DataSource thesaurus) {
        return new DatasetSpec(
                d.format(),
                d.csv(),
                d.columns(),
                train,
                validation,
                test,
                d.splitSeed(),
                d.preprocessing(),
                d.augmentation(),
                thesaurus,
                d.checks(),
                d.imbalance());
    }

    /** Where addresses lead on this machine. */
    private record Folders(Path manifest, Map<String, Path> mounts) {
        Optional<String> resolve(String uri) {
            if (uri.startsWith(SCHEME)) {
                String path = uri.substring(SCHEME.length());
                return Optional.of(uri(manifest.resolve(path.startsWith("//") ? path.substring(2) : path)));
            }
            return mounts.entrySet().stream()
                    .filter(m -> uri.startsWith(m.getKey() + "/"))
                    .map(m -> uri(m.getValue()
                            .toAbsolutePath()
                            .resolve(uri.substring(m.getKey().length() + 1))))
                    .findFirst();
        }

        /** A folder's URI ends in a slash only where the folder exists: without it the spec does not depend on the disk. */
        private static String uri(Path path) {
            return path.normalize().toUri().toString().replaceFirst("/$", "");
        }
    }
}
