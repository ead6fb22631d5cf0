package dev.finetune.trainer.dataset;

import dev.finetune.api.CheckAction;
import dev.finetune.api.Checks;
import org.jspecify.annotations.Nullable;

/** What happens to examples that a check finds, every default of design/judgement.md filled in. */
record CheckSettings(
        CheckAction leakage,
        CheckAction duplicates,
        CheckAction nearDuplicates,
        CheckAction conflictingLabels,
        CheckAction unreadable,
        CheckAction empty,
        int minExamplesPerClass,
        int maxClassRatio) {

    static CheckSettings of(@Nullable Checks checks) {
        Checks c = checks == null ? new Checks(null, null, null, null, null, null, null, null) : checks;
        return new CheckSettings(
                or(c.leakage(), CheckAction.Remove),
                or(c.duplicates(), CheckAction.Remove),
                or(c.nearDuplicates(), CheckAction.Warn),
                or(c.conflictingLabels(), CheckAction.Warn),
                or(c.unreadable(), CheckAction.Fail),
                or(c.empty(), CheckAction.Remove),
                c.minExamplesPerClass() == null ? 8 : c.minExamplesPerClass(),
                c.maxClassRatio() == null ? 50 : c.maxClassRatio());
    }

    private static CheckAction or(@Nullable CheckAction action, CheckAction otherwise) {
        return action == null ? otherwise : action;
    }
}
