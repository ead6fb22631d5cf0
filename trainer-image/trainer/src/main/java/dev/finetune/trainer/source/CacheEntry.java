package dev.finetune.trainer.source;

import dev.finetune.trainer.storage.Volume;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a file that is to be downloaded is called in the cache. Whatever is there, the server is asked first, by whoever wants the file: who may not read it gets the server's
 * answer, and not the bytes.
 */
final class CacheEntry {
    private static final Logger LOG = LoggerFactory.getLogger(CacheEntry.class);
    private final SharedCache cache;
    private final @Nullable String address;
    private final @Nullable String version;
    private final @Nullable String sha256;
    private final long size;

    private CacheEntry(
            SharedCache cache, @Nullable String address, @Nullable String version, @Nullable String sha256, long size) {
        this.cache = cache;
        this.address = address;
        this.version = version;
        this.sha256 = sha256;
        this.size = size;
    }

    /** Of a file that is not kept. */
    static CacheEntry none() {
        return new CacheEntry(SharedCache.none(), null, null, null, -1);
    }

    /** Of a file whose version is told by the entity tag that comes with it. The address is written down: it must hold no secret. */
    static CacheEntry tagged(SharedCache cache, String address) {
        return new CacheEntry(cache, address, null, null, -1);
    }

    /** Of a file whose version is known before it is asked for. */
    static CacheEntry versioned(SharedCache cache, String address, String version) {
        return new CacheEntry(cache, address, version, null, -1);
    }

    /** Of a file whose digest is known before it is asked for. */
    static CacheEntry digested(SharedCache cache, String sha256, long size) {
        return new CacheEntry(cache, null, null, sha256, size);
    }

    /** The file from the cache, where it is there, still of that version, and the server lets it be read. */
    Optional<FetchedFile> fetch(Path target, String shown, Origin origin, long maxBytes) {
        Optional<SharedCache.Known> here = known().filter(known -> known.size() <= maxBytes);
        try {
            if (here.isEmpty() || !origin.isUnchanged(here.get().version())) {
                return Optional.empty();
            }
        } catch (IOException e) {
            // The download asks again, and knows what to do about it.
            return Optional.empty();
        }
        try {
            Optional<FetchedFile> file = cache.copy(here.get().sha256(), target);
            file.ifPresent(f -> LOG.info("{}: {} bytes from the cache", shown, f.size()));
            return file;
        } catch (IOException e) {
            throw Volume.failure(target, e);
        }
    }

    private Optional<SharedCache.Known> known() {
        if (sha256 != null) {
            return cache.holds(sha256, size)
                    ? Optional.of(new SharedCache.Known("", sha256, sha256, size))
                    : Optional.empty();
        }
        return address == null
                ? Optional.empty()
                : cache.known(address).filter(known -> version == null || version.equals(known.version()));
    }

    /** Keeps what was downloaded, where the server named its version. */
    void keep(FetchedFile file, @Nullable String entityTag) {
        if (sha256 != null) {
            if (file.sha256().equals(sha256)) {
                cache.keep(file, null, null);
            }
        } else if (address != null && (version != null || entityTag != null)) {
            cache.keep(file, address, version != null ? version : entityTag);
        }
    }
}
