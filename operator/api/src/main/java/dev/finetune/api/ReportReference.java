package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** Where the report lies. */
public record ReportReference(
        @Nullable String configMap, @Nullable String storageUri) {}
