package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** The action of each data check, and two limits; absent members take the defaults of design/judgement.md. */
public record Checks(
        @Nullable CheckAction leakage,
        @Nullable CheckAction duplicates,
        @Nullable CheckAction nearDuplicates,
        @Nullable CheckAction conflictingLabels,
        @Nullable CheckAction unreadable,
        @Nullable CheckAction empty,
        @Nullable Integer minExamplesPerClass,
        @Nullable Integer maxClassRatio,
        @Nullable WarnAction suspectedLabels) {
    /** Those that prepare makes. */
    public Checks(
            @Nullable CheckAction leakage,
            @Nullable CheckAction duplicates,
            @Nullable CheckAction nearDuplicates,
            @Nullable CheckAction conflictingLabels,
            @Nullable CheckAction unreadable,
            @Nullable CheckAction empty,
            @Nullable Integer minExamplesPerClass,
            @Nullable Integer maxClassRatio) {
        this(
                leakage,
                duplicates,
                nearDuplicates,
                conflictingLabels,
                unreadable,
                empty,
                minExamplesPerClass,
                maxClassRatio,
                null);
    }
}
