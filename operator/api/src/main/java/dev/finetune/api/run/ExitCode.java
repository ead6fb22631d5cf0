package dev.finetune.api.run;

import dev.finetune.api.FailureClass;
import java.util.Arrays;
import java.util.Optional;

/** Exit codes of a stage. Anything else is our bug or the node's. */
public enum ExitCode {
    /** Done. */
    SUCCESS(0),
    /** The user's spec or data is wrong. */
    USER_ERROR(42),
    /** Out of memory in engine or heap. */
    OUT_OF_MEMORY(43),
    /** Loss or gradients diverged. */
    DIVERGED(44),
    /** Storage is full, read-only or not writable. */
    STORAGE(45),
    /** A source is permanently unavailable. */
    SOURCE_UNAVAILABLE(46),
    /** Stopped by SIGTERM after saving a checkpoint. */
    TERMINATED(143);

    private final int code;

    ExitCode(int code) {
        this.code = code;
    }

    /** The process's exit status. */
    public int code() {
        return code;
    }

    /** The exit code with that status, if it is one of ours. */
    public static Optional<ExitCode> of(int code) {
        return Arrays.stream(values()).filter(e -> e.code == code).findFirst();
    }

    /** The exit code that a stage ends with when it fails for that reason. */
    public static ExitCode forFailure(FailureClass failure) {
        return switch (failure) {
            case InvalidSpec, InvalidData, DigestMismatch, LicenseNotAllowed -> USER_ERROR;
            case OutOfMemory -> OUT_OF_MEMORY;
            case NumericDivergence -> DIVERGED;
            case StorageUnavailable, StorageFull -> STORAGE;
            case SourceUnavailable -> SOURCE_UNAVAILABLE;
            default -> throw new IllegalArgumentException("a stage does not end with " + failure);
        };
    }
}
