package dev.finetune.trainer.engine;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;

/** Tells an allocation that failed, in the engine or on the heap, from every other fault. */
public final class MemoryShortage {
    private MemoryShortage() {}

    /** Whether this is, or was caused by, memory that could not be had. */
    public static boolean isShortage(Throwable fault) {
        for (Throwable t = fault; t != null; t = t.getCause()) {
            String message = t.getMessage() == null ? "" : t.getMessage();
            if (t instanceof OutOfMemoryError
                    || message.contains("DefaultCPUAllocator")
                    || message.contains("not enough memory: you tried to allocate")
                    || message.contains("out of memory")
                    || message.contains("bad_alloc")) {
                return true;
            }
        }
        return false;
    }

    /** The same fault, as a {@link StageException} with sizes where it is a shortage. */
    public static RuntimeException translate(RuntimeException fault, String doing) {
        return isShortage(fault) ? outOfMemory(fault, doing) : fault;
    }

    /** The failure that tells what was being done, what was asked for and what the process holds. */
    public static StageException outOfMemory(Throwable fault, String doing) {
        String message = fault.getMessage() == null
                ? fault.toString()
                : fault.getMessage().lines().findFirst().orElse("");
        return new StageException(
                FailureClass.OutOfMemory,
                "memory ran out in %s: %s; the process holds %s".formatted(doing, message, MemoryUse.now()),
                fault);
    }
}
