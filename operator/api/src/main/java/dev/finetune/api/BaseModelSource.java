package dev.finetune.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The pre-trained model. */
public record BaseModelSource(
        @Nullable String storageUri,
        @Nullable String digest,
        @Nullable List<String> allowedLicenses) {}
