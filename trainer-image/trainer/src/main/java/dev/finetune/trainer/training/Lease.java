package dev.finetune.trainer.training;

import dev.finetune.api.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/**
 * Who may write to {@code run/}: the file {@code lease} names the pod and the digest of its plan. A newer pod takes it over; the
 * older one, should it still be alive on a node that was thought lost, finds another name at its next rename and ends.
 */
final class Lease {
    private static final String FILE = "lease";

    /** What the file holds. */
    record Holder(String holder, String planDigest) {}

    private final Path file;
    private final Holder mine;

    private Lease(Path file, Holder mine) {
        this.file = file;
        this.mine = mine;
    }

    /** Takes the lease of that folder, whoever held it. {@code holder} has to be new with every process. */
    static Lease take(Path run, String holder, String planDigest) {
        Lease lease = new Lease(run.resolve(FILE), new Holder(holder, planDigest));
        Path temporary = run.resolve(DurableFiles.UNFINISHED + FILE + "-" + Integer.toHexString(holder.hashCode()));
        try {
            Files.createDirectories(run);
            Files.writeString(temporary, Json.write(lease.mine));
            Files.move(temporary, lease.file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw DurableFiles.failed(lease.file, e);
        }
        return lease;
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
            throw DurableFiles.failed(file, e);
        }
    }
}
