package dev.finetune.operator.deployment;

import dev.finetune.api.ModelVersion;

/** What a spec asks to have served, before anything is known about how it runs. */
sealed interface Target {
    /** That version. */
    record Serve(ModelVersion version) implements Target {}

    /** What serves stays; {@code message} says what was not taken, or what is waited for. */
    record Keep(Reason reason, String message) implements Target {}
}
