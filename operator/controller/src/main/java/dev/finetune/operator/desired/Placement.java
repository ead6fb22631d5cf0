package dev.finetune.operator.desired;

import com.fasterxml.jackson.databind.JsonNode;
import dev.finetune.api.Json;
import dev.finetune.api.PodTemplate;
import dev.finetune.operator.Profile;
import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.Toleration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Where pods may run: the profile's placement, with what the owner added. */
public record Placement(
        Map<String, String> nodeSelector,
        List<Toleration> tolerations,
        @Nullable Affinity affinity) {
    /** Anywhere. */
    public static final Placement ANYWHERE = new Placement(Map.of(), List.of(), null);

    /**
     * The placement of pods with the accelerator.
     *
     * @throws IllegalArgumentException with the field's path, where a value is not what core/v1 takes
     */
    public static Placement of(Profile profile, @Nullable PodTemplate template) {
        Map<String, String> selector = new TreeMap<>();
        List<Toleration> tolerations = new ArrayList<>();
        if (profile.nodeSelector() != null) {
            selector.putAll(profile.nodeSelector());
        }
        tolerations(tolerations, "profile.tolerations", profile.tolerations());
        Affinity affinity = typed("profile.affinity", profile.affinity(), Affinity.class);
        if (template != null) {
            if (template.nodeSelector() != null) {
                selector.putAll(template.nodeSelector());
            }
            tolerations(tolerations, "spec.podTemplate.tolerations", template.tolerations());
            Affinity own = typed("spec.podTemplate.affinity", template.affinity(), Affinity.class);
            affinity = own == null ? affinity : own;
        }
        return new Placement(selector, tolerations, affinity);
    }

    private static void tolerations(List<Toleration> into, String path, @Nullable List<JsonNode> nodes) {
        if (nodes == null) {
            return;
        }
        for (int i = 0; i < nodes.size(); i++) {
            Toleration toleration = typed(path + "[" + i + "]", nodes.get(i), Toleration.class);
            if (toleration != null) {
                into.add(toleration);
            }
        }
    }

    static <T> @Nullable T typed(String path, @Nullable JsonNode node, Class<T> type) {
        if (node == null || node.isNull()) {
            return null;
        }
        String problem = "%s: expected a %s as in core/v1, got %s".formatted(path, type.getSimpleName(), node);
        if (!node.isObject()) {
            throw new IllegalArgumentException(problem);
        }
        try {
            return node.isEmpty() ? null : Json.MAPPER.convertValue(node, type);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(problem, e);
        }
    }
}
