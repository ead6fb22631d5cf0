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

/** Requests and limits of our containers. */
public final class Resources {
    private static final Profile.Resources NONE = new Profile.Resources(null, null, null, null);

    private Resources() {}

    /**
     * What the profile gives the stage; for train, what the owner states replaces it name by name. Extended resources, an
     * accelerator among them, are for train only.
     *
     * @throws IllegalArgumentException with the field's path, where a value is not what core/v1 takes
     */
    public static ResourceRequirements of(Stage stage, Profile profile, @Nullable PodTemplate template) {
        Profile.Resources all = Objects.requireNonNullElse(profile.resources(), NONE);
        return switch (stage) {
            case prepare -> complete(withoutExtended(typed("profile.resources.prepare", all.prepare())));
            case train -> complete(replaced(typed("profile.resources.train", all.train()), template));
            case evaluate -> complete(withoutExtended(typed("profile.resources.evaluate", all.evaluate())));
        };
    }

    /**
     * What the profile gives a server; what the owner states replaces it name by name.
     *
     * @throws IllegalArgumentException with the field's path, where a value is not what core/v1 takes
     */
    public static ResourceRequirements ofServer(Profile profile, @Nullable PodTemplate template) {
        Profile.Resources all = Objects.requireNonNullElse(profile.resources(), NONE);
        return complete(replaced(typed("profile.resources.server", all.server()), template));
    }

    /** How many accelerators (extended resources) train holds while it runs. */
    public static long accelerators(Profile profile, @Nullable PodTemplate template) {
        return of(Stage.train, profile, template).getLimits().entrySet().stream()
                .filter(e -> isExtended(e.getKey()))
                .mapToLong(e -> e.getValue().getNumericalAmount().longValue())
                .sum();
    }

    private static ResourceRequirements replaced(ResourceRequirements given, @Nullable PodTemplate template) {
        ResourceRequirements own = typed("spec.podTemplate.resources", template == null ? null : template.resources());
        return new ResourceRequirementsBuilder(given)
                .addToRequests(own.getRequests())
                .addToLimits(own.getLimits())
                .build();
    }

    private static ResourceRequirements withoutExtended(ResourceRequirements given) {
        Map<String, Quantity> requests = new TreeMap<>(given.getRequests());
        Map<String, Quantity> limits = new TreeMap<>(given.getLimits());
        requests.keySet().removeIf(Resources::isExtended);
        limits.keySet().removeIf(Resources::isExtended);
        return new ResourceRequirementsBuilder()
                .withRequests(requests)
                .withLimits(limits)
                .build();
    }

    /** Quotas and queues count requests, and memory without a limit is the neighbours' trouble: every container states them. */
    private static ResourceRequirements complete(ResourceRequirements given) {
        Map<String, Quantity> requests = new TreeMap<>(given.getRequests());
        Map<String, Quantity> limits = new TreeMap<>(given.getLimits());
        requests.putIfAbsent("cpu", new Quantity("250m"));
        requests.putIfAbsent("memory", limits.getOrDefault("memory", new Quantity("1Gi")));
        limits.putIfAbsent("memory", requests.get("memory"));
        return new ResourceRequirementsBuilder()
                .withRequests(requests)
                .withLimits(limits)
                .build();
    }

    private static boolean isExtended(String resource) {
        return resource.contains("/");
    }

    private static ResourceRequirements typed(String path, @Nullable JsonNode node) {
        ResourceRequirements typed = Placement.typed(path, node, ResourceRequirements.class);
        ResourceRequirements given = typed == null ? new ResourceRequirements() : typed;
        return new ResourceRequirementsBuilder()
                .withRequests(given.getRequests() == null ? Map.of() : given.getRequests())
                .withLimits(given.getLimits() == null ? Map.of() : given.getLimits())
                .build();
    }
}
