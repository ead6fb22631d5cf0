package dev.finetune.trainer.evaluation;

import dev.finetune.api.RuleResult;
import dev.finetune.api.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Judges the whole gate: every rule must hold, the test set must be large enough and beyond suspicion. */
final class GateJudge {
    /** The name of the rule that {@code gate.minTestExamples} is. */
    static final String MIN_TEST_EXAMPLES = "minTestExamples";

    private GateJudge() {}

    /**
     * The verdict on a candidate.
     *
     * @param suspicion what speaks against the test set itself, if anything
     */
    static GateVerdict judge(Judgement judgement, EvaluationSettings settings, Optional<String> suspicion) {
        RuleJudge judge = new RuleJudge(judgement, settings);
        List<RuleResult> results = new ArrayList<>();
        if (judgement.test().size() < settings.minTestExamples()) {
            results.add(new RuleResult(
                    MIN_TEST_EXAMPLES,
                    Verdict.Failed,
                    judgement.test().size() + " test examples, at least " + settings.minTestExamples() + " needed"));
        }
        settings.rules().forEach(rule -> results.add(judge.judge(rule)));
        List<RuleResult> failed =
                results.stream().filter(r -> r.verdict() == Verdict.Failed).toList();
        if (suspicion.isPresent()) {
            return new GateVerdict(false, GateVerdict.TEST_SUSPECT, suspicion.get(), results);
        }
        if (!failed.isEmpty()) {
            String why = failed.stream().map(r -> r.name() + ": " + r.message()).collect(Collectors.joining("; "));
            return new GateVerdict(false, GateVerdict.FAILED, why, results);
        }
        return new GateVerdict(true, GateVerdict.SUCCEEDED, summary(results), results);
    }

    private static String summary(List<RuleResult> results) {
        if (results.isEmpty()) {
            return "the gate has no rules";
        }
        long skipped =
                results.stream().filter(r -> r.verdict() == Verdict.Skipped).count();
        long notJudged =
                results.stream().filter(r -> r.verdict() == Verdict.NotJudged).count();
        String rest = (skipped == 0 ? "" : ", " + skipped + " skipped")
                + (notJudged == 0 ? "" : ", " + notJudged + " not judged");
        return (results.size() - skipped - notJudged) + " of " + results.size() + " rules passed" + rest;
    }
}
