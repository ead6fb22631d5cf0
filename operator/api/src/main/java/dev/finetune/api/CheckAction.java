package dev.finetune.api;

/** What happens to examples that a data check finds. */
public enum CheckAction {
    /** The check is off. */
    Ignore,
    /** They stay and are reported. */
    Warn,
    /** They are removed and reported. */
    Remove,
    /** The job ends with InvalidData. */
    Fail
}
