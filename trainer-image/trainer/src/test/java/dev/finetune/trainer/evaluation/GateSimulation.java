package dev.finetune.trainer.evaluation;

import dev.finetune.api.Baseline;
import dev.finetune.api.Metric;
import dev.finetune.api.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * How often the gate's rules are wrong, by simulation: the tables of docs/judging.md. A smaller run is
 * {@link GateHonestyTest}.
 */
final class GateSimulation {
    private static final double CONFIDENCE = 0.95;

    /**
     * What is judged: labels drawn from the prior; on most examples both models say the same, right with chance {@code shared}; on the
     * share {@code disagree} each decides for itself, right with its own chance.
     */
    record World(
            String name, int size, double[] prior, double disagree, double shared, double candidate, double baseline) {
        World with(int newSize) {
            return new World(name, newSize, prior, disagree, shared, candidate, baseline);
        }
    }

    /** One kind of rule, and whether a wrong decision is a pass or a refusal. */
    record Kind(String name, Rule rule, boolean wrongIsPass) {}

    static final double[] SPAM = {0.87, 0.13};
    static final double[] EVEN = {0.5, 0.5};
    static final double[] FIVE = {0.3, 0.25, 0.2, 0.15, 0.1};

    static List<World> equalModels() {
        List<World> worlds = new ArrayList<>();
        for (int size : new int[] {20, 50, 200, 1000}) {
            worlds.add(new World("two classes, 13 % positive", size, SPAM, 0.2, 0.95, 0.7, 0.7));
            worlds.add(new World("five classes", size, FIVE, 0.3, 0.9, 0.7, 0.7));
        }
        worlds.add(new World("nearly identical, two even classes", 200, EVEN, 0.02, 0.95, 0.5, 0.5));
        worlds.add(new World("nearly identical, two even classes", 1000, EVEN, 0.01, 0.95, 0.5, 0.5));
        worlds.add(new World("nearly identical, five classes", 500, FIVE, 0.02, 0.9, 0.5, 0.5));
        return worlds;
    }

    static List<Kind> kinds() {
        return List.of(
                kind("minDelta accuracy", Metric.accuracy, true),
                kind("minDelta f1Macro", Metric.f1Macro, true),
                kind("minDelta mcc", Metric.mcc, true),
                kind("minDelta logLoss", Metric.logLoss, true),
                kind("maxDrop f1Macro", Metric.f1Macro, false),
                kind("maxDrop recallPerClass", Metric.recallPerClass, false),
                kind("maxDrop f1PerClass", Metric.f1PerClass, false));
    }

    /** A rule against the baseline with nothing to gain, or with no drop allowed beyond 0: the hardest to keep honest. */
    private static Kind kind(String name, Metric metric, boolean wrongIsPass) {
        OptionalDouble none = OptionalDouble.empty();
        OptionalDouble zero = OptionalDouble.of(0);
        Rule rule = new Rule(
                name,
                metric,
                none,
                none,
                none,
                Optional.of(Baseline.Deployed),
                wrongIsPass ? zero : none,
                wrongIsPass ? none : zero);
        return new Kind(name, rule, wrongIsPass);
    }

    /** How many of the comparisons each kind of rule decides against the truth (equal models), in the order of the kinds. */
    static int[] decisions(World world, List<Kind> kinds, int comparisons, int resamples, long seed) {
        int[] counted = new int[kinds.size()];
        for (int c = 0; c < comparisons; c++) {
            Judgement judgement = draw(world, kinds, resamples, seed * 1_000_003 + c);
            EvaluationSettings settings = settings(kinds);
            RuleJudge judge = new RuleJudge(judgement, settings);
            for (int k = 0; k < kinds.size(); k++) {
                Verdict wrong = kinds.get(k).wrongIsPass() ? Verdict.Passed : Verdict.Failed;
                counted[k] += judge.judge(kinds.get(k).rule()).verdict() == wrong ? 1 : 0;
            }
        }
        return counted;
    }

    private static EvaluationSettings settings(List<Kind> kinds) {
        return new EvaluationSettings(
                Metric.accuracy,
                Optional.empty(),
                List.of(Metric.accuracy),
                java.util.Set.of(Baseline.Deployed),
                CONFIDENCE,
                1,
                20,
                kinds.stream().map(Kind::rule).toList());
    }

    private static Judgement draw(World world, List<Kind> kinds, int resamples, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int classes = world.prior().length;
        int[] truth = new int[world.size()];
        double[][] candidate = new double[world.size()][];
        double[][] baseline = new double[world.size()][];
        for (int i = 0; i < truth.length; i++) {
            truth[i] = label(random, world.prior());
            if (random.nextDouble() < world.disagree()) {
                candidate[i] = scores(random, classes, decision(random, truth[i], classes, world.candidate()));
                baseline[i] = scores(random, classes, decision(random, truth[i], classes, world.baseline()));
            } else {
                candidate[i] = scores(random, classes, decision(random, truth[i], classes, world.shared()));
                baseline[i] = candidate[i];
            }
        }
        List<String> labels = IntStream.range(0, classes).mapToObj(j -> "c" + j).toList();
        TestSet test = TestSet.ofDistinct(labels, truth);
        Outputs first = Outputs.ofScores(candidate);
        Outputs second = Outputs.ofScores(baseline);
        List<Statistic> statistics =
                Statistic.allOf(kinds.stream().map(k -> k.rule().metric()).toList(), classes);
        Comparison comparison = Comparison.of(
                Baseline.Deployed, "", test, -1, first, second, 0, List.of(), statistics, seed, resamples);
        return new Judgement(test, -1, first, comparison.samples(), List.of(comparison), Map.of(), seed, resamples);
    }

    private static int label(SplittableRandom random, double[] prior) {
        double u = random.nextDouble();
        int label = 0;
        while (label < prior.length - 1 && u >= prior[label]) {
            u -= prior[label++];
        }
        return label;
    }

    private static int decision(SplittableRandom random, int truth, int classes, double right) {
        return random.nextDouble() < right ? truth : (truth + 1 + random.nextInt(classes - 1)) % classes;
    }

    private static double[] scores(SplittableRandom random, int classes, int decision) {
        double best = 0.5 + random.nextDouble() * 0.49;
        double[] scores = new double[classes];
        java.util.Arrays.fill(scores, (1 - best) / (classes - 1));
        scores[decision] = best;
        return scores;
    }

    /** Prints the tables of docs/judging.md. Its name keeps it out of a plain run of the tests. */
    @Test
    void tables() {
        int comparisons = Integer.getInteger("comparisons", 1000);
        int resamples = Integer.getInteger("resamples", 2000);
        equalModelsTable(comparisons, resamples);
        powerTable(comparisons, resamples);
    }

    private static void equalModelsTable(int comparisons, int resamples) {
        List<Kind> kinds = kinds();
        System.out.println("| equal models | test examples | "
                + String.join(" | ", kinds.stream().map(Kind::name).toList()) + " |");
        System.out.println("| --- | ---: |" + " ---: |".repeat(kinds.size()));
        for (World world : equalModels()) {
            StringBuilder row = new StringBuilder("| " + world.name() + " | " + world.size() + " |");
            for (int count : decisions(world, kinds, comparisons, resamples, 1)) {
                row.append(String.format(Locale.ROOT, " %.1f %% |", 100.0 * count / comparisons));
            }
            System.out.println(row);
        }
    }

    private static void powerTable(int comparisons, int resamples) {
        int[] sizes = {100, 200, 500, 1000, 2000, 5000};
        Kind accuracy = kinds().get(0);
        Kind macro = kinds().get(1);
        System.out.println();
        System.out.println("| accuracy of baseline and candidate | metric |"
                + String.join(
                        "|", IntStream.of(sizes).mapToObj(s -> " " + s + " ").toList()) + "|");
        System.out.println("| --- | --- |" + " ---: |".repeat(sizes.length));
        for (double gain : new double[] {0.01, 0.02, 0.03, 0.05}) {
            // On a fifth of the examples each decides for itself; there the gain is five times as large.
            World world = new World("", 0, SPAM, 0.2, 0.95, 0.7 + 5 * gain, 0.7);
            for (Kind kind : List.of(accuracy, macro)) {
                StringBuilder row = new StringBuilder(String.format(
                        Locale.ROOT,
                        "| 0.90 and %.2f | %s |",
                        0.9 + gain,
                        kind.rule().metric()));
                for (int size : sizes) {
                    int passed = decisions(world.with(size), List.of(kind), comparisons, resamples, 2)[0];
                    row.append(String.format(Locale.ROOT, " %.0f %% |", 100.0 * passed / comparisons));
                }
                System.out.println(row);
            }
        }
    }
}
