package dev.finetune.trainer.source;

import dev.finetune.api.Json;
import dev.finetune.api.run.PodPaths;
import dev.finetune.trainer.storage.DurableFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Files that were downloaded before, by this job or by another, on a volume that many may use at once: {@code sha256/<2 digits>/<64 digits>} by
 * their content, and {@code index/} by where they came from. A file appears whole or not at all and is verified whenever it is read. Nothing that goes wrong here fails a job: what
 * cannot be had from the cache is downloaded, what cannot be put into it is not.
 */
final class SharedCache {
    /** Names the folder; absent is no cache. */
    static final String FOLDER = PodPaths.CACHE_VARIABLE;

    /** The most bytes that it may hold; absent is all of the volume but a tenth. */
    static final String MAX_BYTES = PodPaths.CACHE_BYTES_VARIABLE;

    /** To ask whether a smaller file changed costs about as much as to fetch it. */
    static final long WORTH_BYTES = 1 << 20;

    /** A volume that is quite full is slow, and a nuisance to others that use it. */
    private static final int KEPT_FREE_PERCENT = 10;

    private static final Duration ABANDONED = Duration.ofDays(1);
    private static final Logger LOG = LoggerFactory.getLogger(SharedCache.class);
    private static final String PREFIX = "sha256:";

    private final @Nullable Path root;
    private final long maxBytes;
    private final long worthBytes;
    private final int keptFreePercent;
    private final InstantSource clock;
    private boolean stores = true;

    private SharedCache(@Nullable Path root, long maxBytes, long worthBytes, int keptFreePercent, InstantSource clock) {
        this.root = root;
        this.maxBytes = maxBytes;
        this.worthBytes = worthBytes;
        this.keptFreePercent = keptFreePercent;
        this.clock = clock;
    }

    /** One that is always empty. */
    static SharedCache none() {
        return new SharedCache(null, 0, Long.MAX_VALUE, 0, InstantSource.system());
    }

    /** The one that the environment names, if it does. */
    static SharedCache of(Function<String, @Nullable String> environment) {
        String folder = environment.apply(FOLDER);
        if (folder == null || folder.isBlank()) {
            return none();
        }
        String limit = environment.apply(MAX_BYTES);
        long bytes = Long.MAX_VALUE;
        if (limit != null && !limit.isBlank()) {
            try {
                bytes = Long.parseLong(limit.strip());
            } catch (NumberFormatException e) {
                LOG.warn(
                        "{} is '{}', and a number of bytes was expected: the size of the cache has no limit of its own",
                        MAX_BYTES,
                        limit);
            }
        }
        return new SharedCache(Path.of(folder), bytes, WORTH_BYTES, KEPT_FREE_PERCENT, InstantSource.system());
    }

    /** For tests: another size to begin with, a volume that may become full, another clock. */
    static SharedCache in(Path root, long maxBytes, long worthBytes, InstantSource clock) {
        return new SharedCache(root, maxBytes, worthBytes, 0, clock);
    }

    /**
     * What an address led to when it was asked last.
     *
     * @param version what the server called it
     */
    record Known(String address, String version, String sha256, long size) {}

    /** What is known of an address, as long as its bytes are here. */
    Optional<Known> known(String address) {
        if (root == null) {
            return Optional.empty();
        }
        Path file = index(address);
        try {
            Known known = Json.MAPPER.readValue(Files.readAllBytes(file), Known.class);
            return known.address().equals(address) && holds(known.sha256(), known.size())
                    ? Optional.of(known)
                    : Optional.empty();
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException | RuntimeException e) {
            LOG.info("the cache's entry of {} cannot be read and is removed: {}", address, e.toString());
            remove(file);
            return Optional.empty();
        }
    }

    /** Whether bytes with that digest and size are here. */
    boolean holds(String sha256, long size) {
        try {
            return root != null && size >= worthBytes && Files.size(content(sha256)) == size;
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Copies what is here to {@code target}, whole and as its digest says; empty where it is not here or damaged.
     *
     * @throws IOException where {@code target} cannot be written
     */
    Optional<FetchedFile> copy(String sha256, Path target) throws IOException {
        if (root == null) {
            return Optional.empty();
        }
        Path file = content(sha256);
        HashingCopy copy = new HashingCopy();
        try {
            DurableFiles.writeUnsynced(target, out -> {
                try (var in = Files.newInputStream(file)) {
                    copy.copy(in, new Disk(out), Long.MAX_VALUE);
                } catch (IOException e) {
                    throw new Unusable(String.valueOf(e.getMessage()), e);
                }
                if (!copy.digest().equals(sha256)) {
                    throw new Unusable("its digest is " + copy.digest(), null);
                }
            });
        } catch (Unusable e) {
            LOG.info("{} of the cache is damaged, and is removed and fetched again: {}", sha256, e.getMessage());
            remove(file);
            return Optional.empty();
        } catch (UncheckedIOException e) {
            throw Objects.requireNonNull(e.getCause());
        }
        used(file);
        return Optional.of(new FetchedFile(target, copy.digest(), copy.size()));
    }

    /** Keeps a file that was downloaded; {@code address} and {@code version} are null where its digest is all that it will be asked for by. */
    synchronized void keep(FetchedFile file, @Nullable String address, @Nullable String version) {
        if (root == null || !stores || file.size() < worthBytes) {
            return;
        }
        try {
            if (!holds(file.sha256(), file.size()) && !store(file)) {
                return;
            }
            if (address != null && version != null) {
                byte[] known = Json.MAPPER.writeValueAsBytes(new Known(address, version, file.sha256(), file.size()));
                placed(index(address), path -> Files.write(path, known));
            }
        } catch (IOException | RuntimeException e) {
            stores = false;
            LOG.info("nothing more is put into the cache at {}: {}", root, e.toString());
        }
    }

    private boolean store(FetchedFile file) throws IOException {
        if (!makeRoom(file.size())) {
            LOG.info("{} bytes are more than the cache at {} may hold: they are not kept", file.size(), root);
            return false;
        }
        placed(content(file.sha256()), path -> {
            Files.copy(file.path(), path);
            DurableFiles.sync(path);
        });
        return true;
    }

    /** Fills a file under a name of its own and renames it, so that two who do it at once leave one whole file. */
    private void placed(Path target, DurableFiles.Content content) throws IOException {
        Path folder = Files.createDirectories(root().resolve("tmp"));
        Files.createDirectories(Objects.requireNonNull(target.getParent()));
        Path temporary = folder.resolve(UUID.randomUUID().toString());
        try {
            content.writeTo(temporary);
            Files.move(
                    temporary,
                    target,
                    java.nio.file.StandardCopyOption.ATOMIC_MOVE,
                    java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    private record Entry(Path path, long size, FileTime used) {}

    /** Removes what was not used for longest until there is room; false where there will never be. */
    private boolean makeRoom(long bytes) throws IOException {
        Files.createDirectories(root());
        removeAbandoned();
        List<Entry> entries = entries(root().resolve("sha256"), 2);
        long used = entries.stream().mapToLong(Entry::size).sum();
        FileStore volume = Files.getFileStore(root());
        long most = Math.min(maxBytes, used + volume.getUsableSpace() - volume.getTotalSpace() / 100 * keptFreePercent);
        if (bytes > most) {
            return false;
        }
        entries.sort(Comparator.comparing(Entry::used));
        for (Entry entry : entries) {
            if (used + bytes <= most) {
                break;
            }
            Files.deleteIfExists(entry.path());
            used -= entry.size();
        }
        return true;
    }

    /** What a process that was killed left. */
    private void removeAbandoned() throws IOException {
        FileTime before = FileTime.from(clock.instant().minus(ABANDONED));
        for (Entry entry : entries(root().resolve("tmp"), 1)) {
            if (entry.used().compareTo(before) < 0) {
                Files.deleteIfExists(entry.path());
            }
        }
    }

    private static List<Entry> entries(Path folder, int depth) throws IOException {
        List<Entry> entries = new ArrayList<>();
        if (!Files.isDirectory(folder)) {
            return entries;
        }
        try (Stream<Path> all = Files.walk(folder, depth)) {
            for (Path path : (Iterable<Path>) all::iterator) {
                try {
                    BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
                    if (attributes.isRegularFile()) {
                        entries.add(new Entry(path, attributes.size(), attributes.lastModifiedTime()));
                    }
                } catch (NoSuchFileException e) {
                    // Somebody else made room as well.
                }
            }
        }
        return entries;
    }

    private void used(Path file) {
        try {
            Files.setLastModifiedTime(file, FileTime.from(clock.instant()));
        } catch (IOException e) {
            // It is then older than it should be, and is removed sooner.
        }
    }

    private static void remove(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.info("{} of the cache cannot be removed: {}", file.getFileName(), e.toString());
        }
    }

    private Path content(String sha256) {
        String hex = sha256.substring(PREFIX.length());
        if (!hex.matches("[0-9a-f]{64}")) {
            throw new IllegalArgumentException(sha256 + " is no digest");
        }
        return root().resolve("sha256").resolve(hex.substring(0, 2)).resolve(hex);
    }

    private Path index(String address) {
        String hex = Json.digest(address).substring(PREFIX.length());
        return root().resolve("index").resolve(hex.substring(0, 2)).resolve(hex + ".json");
    }

    private Path root() {
        return Objects.requireNonNull(root, "a cache that is none was asked");
    }

    /** What is in the cache cannot be used. */
    private static final class Unusable extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Unusable(String why, @Nullable Throwable cause) {
            super(why, cause);
        }
    }
}
