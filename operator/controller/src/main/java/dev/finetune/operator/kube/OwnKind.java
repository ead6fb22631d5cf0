package dev.finetune.operator.kube;

import dev.finetune.api.Problem;
import java.util.List;

/** An object of ours, which knows what of its spec could not be read: without that it would be taken for absent. */
public interface OwnKind {
    /** A problem for each member of the spec that this version cannot read; empty as a rule. */
    List<Problem> unreadable();

    /** Called once, when the object was read. */
    void unreadable(List<Problem> problems);
}
