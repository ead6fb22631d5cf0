package dev.finetune.acceptance;

/**
 * What classes that run at the same time share, as names for {@code @ResourceLock}: many may use it, one may disturb it while none does.
 */
public final class Contended {
    /** The installed operator: disturbed by those that kill it or start it again. */
    public static final String OPERATOR = "the installed operator";

    /** The kinds in the control plane without a node: disturbed by those that change their schema. */
    public static final String KINDS = "the kinds in the control plane";

    private Contended() {}
}
