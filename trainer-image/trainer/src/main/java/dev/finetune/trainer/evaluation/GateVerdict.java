package dev.finetune.trainer.evaluation;

import dev.finetune.api.RuleResult;
import java.util.List;

/**
 * How the gate ended.
 *
 * @param reason a reason of the condition GatePassed: Succeeded, Failed or TestSuspect
 * @param message the rules that failed, or what held
 */
record GateVerdict(boolean passed, String reason, String message, List<RuleResult> rules) {
    static final String SUCCEEDED = "Succeeded";
    static final String FAILED = "Failed";
    static final String TEST_SUSPECT = "TestSuspect";
}
