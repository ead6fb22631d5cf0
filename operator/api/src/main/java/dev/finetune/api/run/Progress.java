package dev.finetune.api.run;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** One line {@code progress {...}} of the log. */
public record Progress(
        Stage stage,
        @Nullable Integer epoch,
        @Nullable Long step,
        @Nullable Long totalSteps,
        @Nullable Integer percent,
        @Nullable Long remainingSeconds,
        @Nullable List<dev.finetune.api.NamedValue> metrics) {
    /** What the log line starts with. */
    public static final String PREFIX = "progress ";

    /** What the line that carries the report starts with. */
    public static final String REPORT_PREFIX = "report ";
}
