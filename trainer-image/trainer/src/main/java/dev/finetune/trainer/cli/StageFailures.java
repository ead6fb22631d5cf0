package dev.finetune.trainer.cli;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.ExitCode;
import dev.finetune.api.run.StageException;
import dev.finetune.api.run.StageFailure;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.ReadOnlyFileSystemException;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/** Whatever a stage throws, as the failure that the operator reads and the status that the process ends with. */
final class StageFailures {
    /** The status of a fault of ours. */
    static final int INTERNAL = 1;

    private static final Set<FailureClass> OF_STAGES = EnumSet.of(
            FailureClass.InvalidSpec,
            FailureClass.InvalidData,
            FailureClass.DigestMismatch,
            FailureClass.LicenseNotAllowed,
            FailureClass.OutOfMemory,
            FailureClass.NumericDivergence,
            FailureClass.StorageUnavailable,
            FailureClass.StorageFull,
            FailureClass.SourceUnavailable);

    private StageFailures() {}

    static int exitCode(StageFailure failure) {
        return OF_STAGES.contains(failure.type())
                ? ExitCode.forFailure(failure.type()).code()
                : INTERNAL;
    }

    static StageFailure of(Throwable thrown) {
        for (Throwable t = thrown; t != null; t = t.getCause()) {
            switch (t) {
                case StageException e -> {
                    return new StageFailure(e.failure(), message(e));
                }
                case OutOfMemoryError e -> {
                    return new StageFailure(FailureClass.OutOfMemory, "the Java heap is used up: " + message(e));
                }
                case AccessDeniedException e -> {
                    return new StageFailure(
                            FailureClass.StorageUnavailable, "not allowed to write or read " + e.getFile());
                }
                case ReadOnlyFileSystemException e -> {
                    return new StageFailure(FailureClass.StorageUnavailable, "the file system is read-only");
                }
                case IOException e
                when message(e).contains("No space left") || message(e).contains("quota") -> {
                    return new StageFailure(FailureClass.StorageFull, message(e));
                }
                case IOException e
                when message(e).contains("Read-only file system") -> {
                    return new StageFailure(FailureClass.StorageUnavailable, message(e));
                }
                case RuntimeException e
                when engineMemory(message(e)) -> {
                    return new StageFailure(FailureClass.OutOfMemory, "the engine has no memory left: " + message(e));
                }
                default -> {}
            }
        }
        return new StageFailure(FailureClass.Internal, thrown.toString());
    }

    /** What libtorch says on CPU and CUDA. */
    private static boolean engineMemory(String message) {
        String lower = message.toLowerCase(Locale.ROOT);
        return lower.contains("can't allocate memory") || lower.contains("out of memory");
    }

    private static String message(Throwable t) {
        return t.getMessage() == null ? t.getClass().getSimpleName() : t.getMessage();
    }
}
