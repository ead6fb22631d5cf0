package dev.finetune.trainer.evaluation;

import java.util.function.IntPredicate;

/**
 * The exact McNemar test: where two models disagree about being right, is one right more often than a fair coin would make it?
 * Counted by unit, so that copies of one text do not vote several times.
 */
record McNemarTest(int wins, int losses) {
    /** Counts the units on which the first model gains or loses against the second. */
    static McNemarTest of(TestSet test, IntPredicate counted, IntPredicate firstRight, IntPredicate secondRight) {
        int wins = 0;
        int losses = 0;
        for (int[] unit : test.members()) {
            int balance = 0;
            for (int example : unit) {
                if (counted.test(example)) {
                    balance += (firstRight.test(example) ? 1 : 0) - (secondRight.test(example) ? 1 : 0);
                }
            }
            wins += balance > 0 ? 1 : 0;
            losses += balance < 0 ? 1 : 0;
        }
        return new McNemarTest(wins, losses);
    }

    /** The chance of at least this imbalance, either way, between equal models. */
    double twoSided() {
        return Math.min(1, 2 * upperTail(Math.max(wins, losses), wins + losses));
    }

    /** The chance of at least this many losses between equal models. */
    double oneSidedLoss() {
        return upperTail(losses, wins + losses);
    }

    /** P(X >= k) for X the heads of n fair coins. */
    private static double upperTail(int k, int n) {
        double logTerm = -n * Math.log(2);
        double sum = 0;
        for (int i = n; i >= k; i--) {
            sum += Math.exp(logTerm);
            logTerm += Math.log(i) - Math.log(n - i + 1.0);
        }
        return Math.min(1, sum);
    }
}
