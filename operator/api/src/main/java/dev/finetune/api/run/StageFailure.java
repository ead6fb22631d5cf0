package dev.finetune.api.run;

import dev.finetune.api.FailureClass;

/** Why a stage failed: what was expected, what came, where, what to do. */
public record StageFailure(FailureClass type, String message) {}
