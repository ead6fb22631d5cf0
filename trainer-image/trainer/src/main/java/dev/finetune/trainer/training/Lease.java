package dev.finetune.trainer.training;

import dev.finetune.api.Json;
import dev.finetune.trainer.storage.DurableFiles;
import dev.finetune.trainer.storage.Volume;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Who may write to {@code run/}: the file {@code lease} names the pod and the digest of its plan. A newer pod takes it over; the
 * older one, should it still be alive on a node that was thought lost, finds another name at its next rename and ends.
 */
final class Lease {
    private static final String FILE = "lease";

    /** Set by the operator; a pod has one process, because it never restarts one. */
    private static final String POD_UID = "POD_UID";

    /** What the file holds. */
    record Holder(String holder, String planDigest) {}

    private final Path file;
    private final Holder mine;

    private Lease(Path file, Holder mine) {
        this.file = file;
        this.mine = mine;
    }

    /** What this process calls itself: its pod's uid, and outside of a pod what no other process has. */
    static String holder(Map<String, String> environment) {
        String pod = environment.getOrDefault(POD_UID, "");
        return pod.isEmpty() ? "local/" + UUID.randomUUID() : pod;
    }

    /** Takes the lease of that folder, whoever held it. {@code holder} has to be new with every process. */
    static Lease take(Path run, String holder, String planDigest) {
        Lease lease = new Lease(run.resolve(FILE), new Holder(holder, planDigest));
        try {
            DurableFiles.write(lease.file, Json.write(lease.mine).getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw Volume.failure(lease.file, e);
        }
        return lease;
    }

    /** Writes a file or folder of the run, whole or not at all, as long as this process holds the lease. */
    void write(Path target, DurableFiles.Content content) {
        try {
            DurableFiles.replace(target, content, this::check);
        } catch (IOException e) {
            throw Volume.failure(target, e);
        }
    }

    /** Writes a value as a JSON file of the run. */
    void write(Path target, Object value) {
        write(target, path -> Files.writeString(path, Json.write(value)));
    }

    /** Ends this process's training when another one has taken the lease. */
    void check() {
        Optional<Holder> now = read();
        if (now.filter(mine::equals).isEmpty()) {
            throw new IllegalStateException("expected " + file + " to name " + mine.holder() + ", it names "
                    + now.map(Holder::holder).orElse("nobody")
                    + ": another pod trains here now, so this one writes nothing more; nothing is to be done");
        }
    }

    private Optional<Holder> read() {
        try {
            return Optional.of(Json.MAPPER.readValue(Files.readAllBytes(file), Holder.class));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw Volume.failure(file, e);
        }
    }
}
