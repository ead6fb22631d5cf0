package dev.finetune.trainer.source;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.api.Json;
import dev.finetune.trainer.storage.FileTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SharedCacheTest {
    @TempDir
    Path folder;

    private Instant now = Instant.parse("2026-01-01T00:00:00Z");

    @Test
    void givesBackWhatWasKept() throws IOException {
        SharedCache cache = cache(Long.MAX_VALUE);
        FetchedFile file = file(1, 1000);
        cache.keep(file, "https://host/f", "\"v1\"");

        assertThat(cache.known("https://host/f"))
                .contains(new SharedCache.Known("https://host/f", "\"v1\"", file.sha256(), 1000));
        assertThat(cache.known("https://host/g")).isEmpty();
        Path copy = folder.resolve("out/copy");
        assertThat(cache.copy(file.sha256(), copy)).contains(new FetchedFile(copy, file.sha256(), 1000));
        assertThat(copy).hasSameBinaryContentAs(file.path());
        String hex = file.sha256().substring(7);
        assertThat(root().resolve("sha256").resolve(hex.substring(0, 2)).resolve(hex))
                .hasSameBinaryContentAs(file.path());
        assertThat(files("tmp")).isEmpty();
    }

    @Test
    void aDamagedEntryIsNotGivenAndIsRemoved() throws IOException {
        SharedCache cache = cache(Long.MAX_VALUE);
        FetchedFile file = file(1, 1000);
        cache.keep(file, "a", "1");
        Path stored = files("sha256").getFirst();
        byte[] bytes = Files.readAllBytes(stored);
        bytes[500] ^= 1;
        Files.write(stored, bytes);

        assertThat(cache.copy(file.sha256(), folder.resolve("copy"))).isEmpty();

        assertThat(stored).doesNotExist();
        assertThat(folder.resolve("copy")).doesNotExist();
        assertThat(cache.known("a")).isEmpty();
        cache.keep(file, "a", "1");
        assertThat(cache.copy(file.sha256(), folder.resolve("copy"))).isPresent();
    }

    @Test
    void anEntryThatWasCutShortIsNoneAndIsReplaced() throws IOException {
        SharedCache cache = cache(Long.MAX_VALUE);
        FetchedFile file = file(1, 1000);
        cache.keep(file, "a", "1");
        Files.write(files("sha256").getFirst(), new byte[10]);

        assertThat(cache.known("a")).isEmpty();
        cache.keep(file, "a", "1");
        assertThat(cache.copy(file.sha256(), folder.resolve("copy"))).isPresent();
    }

    @Test
    void aDamagedIndexIsRemovedAndLeadsNowhere() throws IOException {
        SharedCache cache = cache(Long.MAX_VALUE);
        cache.keep(file(1, 1000), "a", "1");
        Path index = files("index").getFirst();
        for (String bad :
                List.of("", "{", "[]", "{\"address\":\"a\",\"version\":\"1\",\"sha256\":\"../../x\",\"size\":1}")) {
            Files.writeString(index, bad);
            assertThat(cache.known("a")).isEmpty();
        }
    }

    @Test
    void whatWasNotUsedForLongestGoesFirst() throws IOException {
        SharedCache cache = cache(3000);
        FetchedFile first = file(1, 1000);
        FetchedFile second = file(2, 1000);
        FetchedFile third = file(3, 1000);
        for (FetchedFile file : List.of(first, second, third)) {
            cache.keep(file, file.path().toString(), "1");
            cache.copy(file.sha256(), folder.resolve("copy"));
            later();
        }
        cache.copy(first.sha256(), folder.resolve("copy"));
        later();

        FetchedFile fourth = file(4, 1500);
        cache.keep(fourth, "4", "1");

        assertThat(cache.holds(first.sha256(), 1000)).isTrue();
        assertThat(cache.holds(second.sha256(), 1000)).isFalse();
        assertThat(cache.holds(third.sha256(), 1000)).isFalse();
        assertThat(cache.holds(fourth.sha256(), 1500)).isTrue();
    }

    @Test
    void whatIsLargerThanTheCacheIsNotKeptAndRemovesNothing() throws IOException {
        SharedCache cache = cache(3000);
        FetchedFile small = file(1, 1000);
        cache.keep(small, "small", "1");
        FetchedFile large = file(2, 3001);
        cache.keep(large, "large", "1");

        assertThat(cache.known("small")).isPresent();
        assertThat(cache.known("large")).isEmpty();
    }

    @Test
    void aFolderThatCannotBeWrittenFailsNothing() throws IOException {
        Files.writeString(folder.resolve("cache"), "a file where the folder should be");
        SharedCache cache = cache(Long.MAX_VALUE);
        cache.keep(file(1, 1000), "a", "1");

        assertThat(cache.known("a")).isEmpty();
    }

    @Test
    void manyWhoKeepAndReadTheSameAtOnceSeeWholeFilesOnly() throws Exception {
        List<FetchedFile> files = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            files.add(file(i, 100_000 + i));
        }
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            List<Future<?>> all = new ArrayList<>();
            for (int t = 0; t < 8; t++) {
                int seed = t;
                // Each is a process of its own, with room for half of the files.
                SharedCache cache = cache(400_000);
                all.add(threads.submit(() -> {
                    Random random = new Random(seed);
                    for (int i = 0; i < 40; i++) {
                        FetchedFile file = files.get(random.nextInt(files.size()));
                        Path target = folder.resolve("copy-" + seed);
                        if (random.nextBoolean()) {
                            cache.keep(file, file.path().toString(), "1");
                        } else if (cache.copy(file.sha256(), target).isPresent()) {
                            assertThat(Json.digest(Files.readAllBytes(target))).isEqualTo(file.sha256());
                        }
                    }
                    return null;
                }));
            }
            for (Future<?> each : all) {
                each.get();
            }
        }
        assertThat(files("tmp")).isEmpty();
        for (Path stored : files("sha256")) {
            assertThat(Json.digest(Files.readAllBytes(stored)))
                    .endsWith(stored.getFileName().toString());
        }
    }

    @Test
    void whatAKilledProcessLeftIsRemovedADayLater() throws IOException {
        SharedCache cache = cache(Long.MAX_VALUE);
        Path left = Files.createDirectories(root().resolve("tmp")).resolve("left");
        Files.write(left, new byte[10]);
        Files.setLastModifiedTime(left, java.nio.file.attribute.FileTime.from(now));
        cache.keep(file(1, 1000), "a", "1");
        assertThat(left).exists();
        now = now.plus(Duration.ofHours(25));
        cache.keep(file(2, 1000), "b", "1");
        assertThat(left).doesNotExist();
    }

    @Test
    void whatIsSmallIsNotKept() throws IOException {
        SharedCache cache = cache(Long.MAX_VALUE);
        cache.keep(file(1, 99), "a", "1");
        assertThat(cache.known("a")).isEmpty();
        assertThat(root()).doesNotExist();
    }

    @Test
    void thereIsNoneWhereTheEnvironmentNamesNone() throws IOException {
        SharedCache none = SharedCache.of(name -> null);
        FetchedFile file = file(1, 2 << 20);
        none.keep(file, "a", "1");
        assertThat(none.known("a")).isEmpty();
        assertThat(none.copy(file.sha256(), folder.resolve("copy"))).isEmpty();

        SharedCache some = SharedCache.of(name -> name.equals(SharedCache.FOLDER) ? root().toString() : "no number");
        some.keep(file, "a", "1");
        assertThat(root()).isDirectory();
        FileTree.delete(root());
    }

    private void later() {
        now = now.plusSeconds(10);
    }

    private Path root() {
        return folder.resolve("cache");
    }

    private SharedCache cache(long maxBytes) {
        return SharedCache.in(root(), maxBytes, 100, () -> now);
    }

    private FetchedFile file(int seed, int size) throws IOException {
        byte[] bytes = new byte[size];
        new Random(seed).nextBytes(bytes);
        Path file = Files.write(folder.resolve("file-" + seed), bytes);
        return new FetchedFile(file, Json.digest(bytes), size);
    }

    private List<Path> files(String below) throws IOException {
        Path top = root().resolve(below);
        if (!Files.exists(top)) {
            return List.of();
        }
        try (Stream<Path> all = Files.walk(top)) {
            return all.filter(Files::isRegularFile).toList();
        }
    }
}
