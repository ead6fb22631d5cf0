package dev.finetune.operator.deployment;

import dev.finetune.api.ModelReference;
import dev.finetune.api.PodTemplate;
import dev.finetune.api.Problem;
import dev.finetune.operator.OperatorConfig;
import dev.finetune.operator.Profile;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The spec with what the chart's values add to it. */
sealed interface Settings {
    /** Servers can be made from it. */
    record Valid(ModelReference model, Profile profile, String image) implements Settings {}

    /** It asks for what cannot be. */
    record Invalid(String message) implements Settings {}

    static Settings of(DeploymentObservation seen) {
        OperatorConfig config = seen.config();
        if (!seen.unreadable().isEmpty()) {
            return new Invalid(seen.unreadable().stream().map(Problem::toString).collect(Collectors.joining("; ")));
        }
        ModelReference model = seen.spec().model();
        if (model == null || model.type() == null) {
            return new Invalid("spec.model.type must be Follow, FineTuneJob or Artifact");
        }
        String name = Objects.requireNonNullElse(seen.spec().profile(), config.defaultProfile());
        Profile profile = config.profiles().get(name);
        if (profile == null) {
            return new Invalid("spec.profile: there is no profile " + name + "; known: "
                    + String.join(", ", config.profiles().keySet()));
        }
        Optional<Invalid> refused = notAllowed(name, profile, seen.spec().podTemplate());
        return refused.isPresent()
                ? refused.get()
                : new Valid(model, profile, Objects.requireNonNullElse(profile.image(), config.image()));
    }

    private static Optional<Invalid> notAllowed(String name, Profile profile, @Nullable PodTemplate template) {
        if (template == null) {
            return Optional.empty();
        }
        return notListed("serviceAccountName", template.serviceAccountName(), name, profile.serviceAccounts())
                .or(() ->
                        notListed("priorityClassName", template.priorityClassName(), name, profile.priorityClasses()));
    }

    private static Optional<Invalid> notListed(
            String field, @Nullable String value, String profile, @Nullable List<String> allowed) {
        boolean fine = value == null || value.isBlank() || (allowed != null && allowed.contains(value));
        return fine
                ? Optional.empty()
                : Optional.of(new Invalid("spec.podTemplate." + field + ": profile " + profile + " does not allow "
                        + value + "; allowed: " + (allowed == null ? "none" : String.join(", ", allowed))));
    }
}
