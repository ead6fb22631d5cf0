package dev.finetune.operator.desired;

import com.fasterxml.jackson.databind.JsonNode;
import dev.finetune.api.Json;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Quantity;
import org.jspecify.annotations.Nullable;

/**
 * Whether an object is as we want it, so that a settled one is not written again. What we wanted last stands in an annotation,
 * which shows what we no longer want; every value that we want is compared with the live one, which shows what others changed.
 */
public final class Drift {
    /** Annotation: the digest of what was applied. */
    public static final String APPLIED = Labels.PREFIX + "applied";

    private Drift() {}

    /** The object with the annotation that tells what was applied. */
    public static <T extends HasMetadata> T marked(T desired) {
        desired.getMetadata().getAnnotations().put(APPLIED, Json.digest(desired));
        return desired;
    }

    /** Whether {@code observed} is what {@code desired}, a marked object, asks for. */
    public static boolean none(HasMetadata desired, @Nullable HasMetadata observed) {
        return observed != null && holds(Json.MAPPER.valueToTree(desired), Json.MAPPER.valueToTree(observed));
    }

    private static boolean holds(JsonNode desired, JsonNode observed) {
        if (desired.isObject()) {
            return desired.properties().stream().allMatch(p -> holds(p.getValue(), observed.path(p.getKey())));
        }
        if (desired.isArray()) {
            if (!observed.isArray() && !desired.isEmpty()) {
                return false;
            }
            for (int i = 0; i < desired.size(); i++) {
                if (!holds(desired.get(i), observed.path(i))) {
                    return false;
                }
            }
            return true;
        }
        return desired.equals(observed) || sameQuantity(desired.asText(), observed.asText());
    }

    /** The API server writes 1024Mi as 1Gi. */
    private static boolean sameQuantity(String desired, String observed) {
        try {
            return !desired.isEmpty()
                    && !observed.isEmpty()
                    && Quantity.getAmountInBytes(new Quantity(desired))
                                    .compareTo(Quantity.getAmountInBytes(new Quantity(observed)))
                            == 0;
        } catch (IllegalArgumentException | ArithmeticException e) {
            return false;
        }
    }
}
