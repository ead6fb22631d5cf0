package dev.finetune.trainer.source;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.storage.DurableFiles;
import dev.finetune.trainer.storage.Volume;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A flat set of files somewhere, asked for by name. */
sealed interface FileSet permits FileSet.Folder, FileSet.Remote, S3Folder, HubFiles, OciFiles {
    /** Copies the file to {@code target}, whole or not at all; who keeps the files brings their folder to disk. Empty when there is none of that name. */
    Optional<FetchedFile> fetch(String name, Path target, long maxBytes);

    /** The names that are there, as far as that can be known: nothing can be listed over https. */
    List<String> names();

    /** What names these very files for ever, where an address may lead to others later: a commit of a hub, a digest of a registry. */
    default @Nullable String revision() {
        return null;
    }

    /** A folder of a mounted volume or of this machine. Links are followed as long as they stay below {@code boundary}. */
    record Folder(String address, Path root, Path boundary) implements FileSet {
        public Folder {
            if (!Files.isDirectory(root)) {
                throw new StageException(
                        FailureClass.SourceUnavailable,
                        "Cannot read " + address
                                + ": it is a file, and a folder with config.json, tokenizer.json and model.safetensors was expected.");
            }
        }

        @Override
        public Optional<FetchedFile> fetch(String name, Path target, long maxBytes) {
            Path file = root.resolve(name);
            if (!Files.exists(file)) {
                return Optional.empty();
            }
            HashingCopy copy = new HashingCopy();
            try (InputStream in = open(file)) {
                DurableFiles.writeUnsynced(target, out -> {
                    if (!copy.copy(in, out, maxBytes)) {
                        throw new StageException(
                                FailureClass.SourceUnavailable,
                                "Cannot read " + address + "/" + name + ": it is larger than the limit of " + maxBytes
                                        + " bytes.");
                    }
                });
            } catch (IOException e) {
                throw Volume.failure(target, e);
            }
            return Optional.of(new FetchedFile(target, copy.digest(), copy.size()));
        }

        private InputStream open(Path file) {
            try {
                Path real = file.toRealPath();
                if (!real.startsWith(boundary)) {
                    throw new IOException("it leads out of the volume through a link, which is not followed");
                }
                return Files.newInputStream(real);
            } catch (IOException e) {
                throw new StageException(
                        FailureClass.SourceUnavailable,
                        "Cannot read " + address + "/" + file.getFileName() + ": " + e.getMessage() + ".",
                        e);
            }
        }

        @Override
        public List<String> names() {
            try (Stream<Path> files = Files.list(root)) {
                return files.map(f -> String.valueOf(f.getFileName())).sorted().toList();
            } catch (IOException e) {
                throw new UncheckedIOException("cannot list " + address, e);
            }
        }
    }

    /** Files below an https address; a query (a signature) is kept for every file. */
    record Remote(URI address, HttpsFetcher https) implements FileSet {
        @Override
        public Optional<FetchedFile> fetch(String name, Path target, long maxBytes) {
            return https.fetchIfPresent(file(name), target, maxBytes);
        }

        private URI file(String name) {
            String path = address.getRawPath();
            String folder = path.endsWith("/") ? path : path + "/";
            try {
                return new URI(address.getScheme() + "://" + address.getRawAuthority() + folder + name
                        + (address.getRawQuery() == null ? "" : "?" + address.getRawQuery()));
            } catch (URISyntaxException e) {
                throw new IllegalArgumentException("not a file name: " + name, e);
            }
        }

        @Override
        public List<String> names() {
            return List.of();
        }
    }
}
