package dev.finetune.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The pre-trained model. */
public record BaseModelSource(
        @Nullable String storageUri,
        @Nullable SecretReference secretRef,
        @Nullable String digest,
        @Nullable List<String> allowedLicenses) {
    /** One that is read without credentials. */
    public BaseModelSource(
            @Nullable String storageUri, @Nullable String digest, @Nullable List<String> allowedLicenses) {
        this(storageUri, null, digest, allowedLicenses);
    }
}
