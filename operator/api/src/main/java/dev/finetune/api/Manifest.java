package dev.finetune.api;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A FineTuneJob as its owner writes it. */
public record Manifest(String apiVersion, String kind, Metadata metadata, FineTuneJobSpec spec) {
    /** The part of the metadata that a run needs. */
    public record Metadata(String name, @Nullable String namespace, Map<String, String> labels) {}
}
