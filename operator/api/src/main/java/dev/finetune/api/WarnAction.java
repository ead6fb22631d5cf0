package dev.finetune.api;

/** What happens to examples that a check finds too late to remove them: after the splits were made. */
public enum WarnAction {
    /** The check is off. */
    Ignore,
    /** They are reported. */
    Warn
}
