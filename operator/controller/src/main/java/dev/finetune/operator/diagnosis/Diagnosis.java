package dev.finetune.operator.diagnosis;

import dev.finetune.api.FailureClass;

/**
 * What holds a stage up.
 *
 * @param terminal it will not pass by itself: the job fails when it lasted a minute; otherwise it is shown, and bounded by the
 *     deadline
 */
public record Diagnosis(FailureClass type, String message, boolean terminal) {}
