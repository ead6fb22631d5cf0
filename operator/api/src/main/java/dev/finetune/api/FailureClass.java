package dev.finetune.api;

/** Why a job ended without a judged model, and what its owner can change. The list is closed and documented in the CRD. */
public enum FailureClass {
    /** The spec asks for something that cannot be. */
    InvalidSpec("Correct the field that the message names and create the job again."),
    /** The data cannot be used as it is. */
    InvalidData("Correct the rows that the message names, or relax the check in spec.dataset.checks."),
    /** A source is permanently unavailable. */
    SourceUnavailable("Check that the address, claim, ConfigMap or key exists and may be read from this namespace."),
    /** The bytes are not those that were pinned. */
    DigestMismatch(
            "Pin the digest that the message shows if the change is intended; otherwise find out who changed the source."),
    /** The model's licence is not on the list. */
    LicenseNotAllowed("Choose another base model, or add its licence to spec.model.allowedLicenses."),
    /** The image of a stage cannot be pulled. */
    ImagePull("Check image and pull secrets in the chart's values."),
    /** No node can take the pod. */
    Unschedulable("Ask for fewer resources, choose another profile, or add a node that fits."),
    /** The namespace's quota is used up. */
    QuotaExceeded("Free quota in the namespace, or ask the platform team for more."),
    /** An admission policy refused the pod. */
    PolicyRefused("Change what the policy names, or ask the platform team for an exception."),
    /** Memory ran out even with the smallest micro-batch. */
    OutOfMemory("Give train more memory (podTemplate.resources), shorten maxLength, or choose a smaller model."),
    /** Loss or gradients are no longer numbers. */
    NumericDivergence("Lower learningRate, raise warmupRatio, or set maxGradNorm."),
    /** A claim is missing or cannot be written. */
    StorageUnavailable("Create the claim that the message names, or make it writable for the pod's group."),
    /** A volume is full. */
    StorageFull("Enlarge the workspace in the profile, or the store's claim."),
    /** A node is gone and its pod never confirmed its end. */
    NodeLost("Remove the node object, or force-delete the pod that the message names."),
    /** The pod was moved away again and again without getting further. */
    Evicted("Use a profile with a higher priority, or checkpoint more often."),
    /** A stage ended without leaving its result. */
    ResultLost("Look at the pod's log; if it repeats, report it."),
    /** activeDeadlineSeconds is used up. */
    DeadlineExceeded("Raise activeDeadlineSeconds, or train for fewer epochs."),
    /** Too many attempts failed. */
    BackoffLimitExceeded("Read the log lines below: the cause repeats itself."),
    /** A fault of ours. */
    Internal("Report it with the log lines below.");

    private final String advice;

    FailureClass(String advice) {
        this.advice = advice;
    }

    /** What the owner of the job can do about it. */
    public String advice() {
        return advice;
    }
}
