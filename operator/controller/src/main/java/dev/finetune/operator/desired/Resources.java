package dev.finetune.operator.desired;

import com.fasterxml.jackson.databind.JsonNode;
import dev.finetune.api.PodTemplate;
import dev.finetune.api.run.Stage;
import dev.finetune.operator.Profile;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Requests and limits of a stage's container. */
public final class Resources {
    private Resources() {}

    /**
     * What the profile gives the stage; for train, what the owner states replaces it name by name. Extended resources, an
     * accelerator among them, are for train only.
     *
     * @throws IllegalArgumentException with the field's path, where a value is not what core/v1 takes
     */
    public static ResourceRequirements of(Stage stage, Profile profile, @Nullable PodTemplate template) {
        Profile.Resources all =
                Objects.requireNonNullElse(profile.resources(), new Profile.Resources(null, null, null, null));
        JsonNode node = switch (stage) {
            case prepare -> all.prepare();
            case train -> all.train();
            case evaluate -> all.evaluate();
        };
        ResourceRequirements given = requirements("profile.resources." + stage, node);
        Map<String, Quantity> requests = new TreeMap<>(given.getRequests());
        Map<String, Quantity> limits = new TreeMap<>(given.getLimits());
        if (stage == Stage.train) {
            ResourceRequirements own =
                    requirements("spec.podTemplate.resources", template == null ? null : template.resources());
            requests.putAll(own.getRequests());
            limits.putAll(own.getLimits());
        } else {
            requests.keySet().removeIf(Resources::isExtended);
            limits.keySet().removeIf(Resources::isExtended);
        }
        // Quotas and queues count requests: every container states them.
        requests.putIfAbsent("cpu", new Quantity("250m"));
        requests.putIfAbsent("memory", limits.getOrDefault("memory", new Quantity("1Gi")));
        return new ResourceRequirementsBuilder()
                .withRequests(requests)
                .withLimits(limits)
                .build();
    }

    /** How many accelerators (extended resources) train holds while it runs. */
    public static long accelerators(Profile profile, @Nullable PodTemplate template) {
        return of(Stage.train, profile, template).getLimits().entrySet().stream()
                .filter(e -> isExtended(e.getKey()))
                .mapToLong(e -> e.getValue().getNumericalAmount().longValue())
                .sum();
    }

    private static boolean isExtended(String resource) {
        return resource.contains("/");
    }

    private static ResourceRequirements requirements(String path, @Nullable JsonNode node) {
        ResourceRequirements typed = Placement.typed(path, node, ResourceRequirements.class);
        ResourceRequirements given = typed == null ? new ResourceRequirements() : typed;
        return new ResourceRequirementsBuilder()
                .withRequests(given.getRequests() == null ? Map.of() : given.getRequests())
                .withLimits(given.getLimits() == null ? Map.of() : given.getLimits())
                .build();
    }
}
