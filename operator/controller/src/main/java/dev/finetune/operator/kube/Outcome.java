package dev.finetune.operator.kube;

import io.fabric8.kubernetes.api.model.HasMetadata;

/** How carrying out a decision ended. */
public sealed interface Outcome<R> {
    /** All was done; {@code primary} is the object with its new status. */
    record Done<R>(R primary) implements Outcome<R> {}

    /** The object, or a child, is no longer what was observed: observe again. */
    record Stale<R>() implements Outcome<R> {}

    /** A pod of an earlier run is still there; the Job is created when it is gone. */
    record Waiting<R>(R primary, String pod) implements Outcome<R> {}

    /** An object of that name is not ours. */
    record Conflict<R>(R primary, HasMetadata existing) implements Outcome<R> {}

    /** The API server refused to take an object. */
    record Refused<R>(R primary, HasMetadata object, int code, String message) implements Outcome<R> {}
}
