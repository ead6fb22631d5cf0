package dev.finetune.operator.job;

import dev.finetune.api.Failure;
import dev.finetune.api.FailureClass;
import dev.finetune.api.FineTuneJobSpec;
import dev.finetune.api.PodTemplate;
import dev.finetune.api.Problem;
import dev.finetune.api.ResolvedSettings;
import dev.finetune.api.SpecValidator;
import dev.finetune.api.run.Plan;
import dev.finetune.api.run.Stage;
import dev.finetune.operator.OperatorConfig;
import dev.finetune.operator.Profile;
import dev.finetune.operator.desired.Announcement;
import dev.finetune.operator.desired.Placement;
import dev.finetune.operator.desired.Resources;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The first visit: is the job one that can run, and with what? What is resolved here holds until its end. */
final class Intake {
    private static final String DEFAULT_STORE = "pvc://";

    private final OperatorConfig config;

    Intake(OperatorConfig config) {
        this.config = config;
    }

    /** Resolves the job, or ends it with InvalidSpec naming every problem. */
    void admit(Draft draft) {
        draft.status.firstVisit();
        FineTuneJobSpec spec = draft.seen.spec();
        List<Problem> problems =
                spec == null ? List.of(new Problem("spec", "is missing or cannot be read")) : problems(spec);
        if (!draft.seen.unreadable().isEmpty()) {
            // What is told beyond that follows from it.
            problems = draft.seen.unreadable();
        }
        if (spec == null || !problems.isEmpty()) {
            String message = problems.stream().map(Problem::toString).collect(Collectors.joining("; "));
            draft.status.failed(new Failure(
                    FailureClass.InvalidSpec, message, FailureClass.InvalidSpec.advice(), null, null, null));
            return;
        }
        String profile = profileName(spec);
        String image = Objects.requireNonNullElse(
                Objects.requireNonNull(config.profiles().get(profile)).image(), config.image());
        String store = spec.output() == null || spec.output().storageUri() == null
                ? DEFAULT_STORE + config.storeClaim()
                : spec.output().storageUri();
        draft.status.resolved = new ResolvedSettings(
                profile,
                image,
                Plan.VERSION,
                draft.seen.deployed().orElse(List.of()),
                store,
                null,
                null,
                null,
                null,
                null);
        draft.seen.store().flatMap(Intake::notShared).ifPresent(draft::announce);
    }

    private String profileName(FineTuneJobSpec spec) {
        return Objects.requireNonNullElse(spec.profile(), config.defaultProfile());
    }

    private List<Problem> problems(FineTuneJobSpec spec) {
        List<Problem> problems = new ArrayList<>(SpecValidator.validate(spec));
        Profile profile = config.profiles().get(profileName(spec));
        if (profile == null) {
            problems.add(new Problem(
                    "spec.profile",
                    "expected one of %s, got %s".formatted(config.profiles().keySet(), profileName(spec))));
            return problems;
        }
        PodTemplate template = spec.podTemplate();
        if (template != null) {
            allowed(problems, "serviceAccountName", template.serviceAccountName(), profile.serviceAccounts());
            allowed(problems, "priorityClassName", template.priorityClassName(), profile.priorityClasses());
        }
        try {
            Placement.of(profile, template);
            for (Stage stage : Stage.values()) {
                Resources.of(stage, profile, template);
            }
        } catch (IllegalArgumentException e) {
            problems.add(new Problem("", String.valueOf(e.getMessage())));
        }
        return problems;
    }

    private static void allowed(
            List<Problem> problems, String field, @Nullable String name, @Nullable List<String> allowed) {
        List<String> list = Objects.requireNonNullElse(allowed, List.of());
        if (name != null && !name.isBlank() && !list.contains(name)) {
            problems.add(new Problem(
                    "spec.podTemplate." + field,
                    "the profile allows %s, got %s; ask the platform team to add it".formatted(list, name)));
        }
    }

    private static Optional<Announcement> notShared(PersistentVolumeClaim store) {
        List<String> modes =
                store.getSpec() == null ? List.of() : store.getSpec().getAccessModes();
        return modes.contains("ReadWriteMany")
                ? Optional.empty()
                : Optional.of(Announcement.warning(
                        "StoreNotShared",
                        "the store claim %s is %s: every job and server that uses it must run on one node; use a ReadWriteMany claim otherwise"
                                .formatted(store.getMetadata().getName(), String.join(", ", modes))));
    }
}
