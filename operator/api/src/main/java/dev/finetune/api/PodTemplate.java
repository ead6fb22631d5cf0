package dev.finetune.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a user may say about the pods; {@code resources} are those of train, or of the server. */
public record PodTemplate(
        @Nullable Map<String, String> nodeSelector,
        @Nullable List<JsonNode> tolerations,
        @Nullable JsonNode affinity,
        @Nullable String priorityClassName,
        @Nullable String serviceAccountName,
        @Nullable Map<String, String> labels,
        @Nullable Map<String, String> annotations,
        @Nullable JsonNode resources) {}
