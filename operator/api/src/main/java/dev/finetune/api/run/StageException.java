package dev.finetune.api.run;

import dev.finetune.api.FailureClass;
import org.jspecify.annotations.Nullable;

/** A stage cannot go on. The message says what was expected, what came, where, and what to do. */
public final class StageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final FailureClass failure;

    /** A failure of that class. */
    public StageException(FailureClass failure, String message) {
        this(failure, message, null);
    }

    /** A failure of that class with what caused it. */
    public StageException(FailureClass failure, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.failure = failure;
    }

    /** Why it cannot go on. */
    public FailureClass failure() {
        return failure;
    }
}
