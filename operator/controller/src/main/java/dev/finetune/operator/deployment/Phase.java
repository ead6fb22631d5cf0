package dev.finetune.operator.deployment;

import dev.finetune.api.ModelVersion;
import java.time.Instant;
import java.util.Optional;

/** Where a rollout is, told from the versions and from what runs. A strategy is a way from one phase to the next. */
sealed interface Phase {
    /** Nothing serves and nothing is on its way. */
    record Empty() implements Phase {}

    /** One version serves. */
    record Steady(ModelVersion stable) implements Phase {}

    /** A version starts beside the one that serves, if one does. */
    record Starting(Optional<ModelVersion> stable, ModelVersion next, Servers servers) implements Phase {}

    /** The traffic moves, or moved so recently that the old servers must stay: until then, or for as long as it has not moved. */
    record Switching(ModelVersion stable, Optional<Instant> until) implements Phase {}

    /** Whether servers may be taken away. */
    default boolean isSettled() {
        return !(this instanceof Switching);
    }
}
