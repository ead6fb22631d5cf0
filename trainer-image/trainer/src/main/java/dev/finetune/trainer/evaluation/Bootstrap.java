package dev.finetune.trainer.evaluation;

import dev.finetune.api.Answer;
import dev.finetune.trainer.metric.ClassCounts;
import dev.finetune.trainer.metric.OutputMetrics;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * The paired bootstrap: draws test sets of the same size from a test set, with replacement, and measures every model on each draw, so
 * that differences between models are differences on the same examples. Units are duplicate groups, drawn within the label of their
 * first example (stratified), unless an example may have several labels or words have tags; of these a unit is a whole text. Draw number i depends on seed and i alone, whatever runs in parallel.
 */
final class Bootstrap {
    /** How often a test set is drawn. */
    static final int RESAMPLES = 10_000;

    private static final int CHUNK = 250;

    private final TestSet test;
    private final List<Outputs> models;
    private final int positive;
    private final long seed;
    private final int resamples;

    /**
     * A bootstrap of one or more models on the same examples.
     *
     * @param positive the positive class, or -1
     */
    Bootstrap(TestSet test, List<Outputs> models, int positive, long seed, int resamples) {
        this.test = test;
        this.models = models;
        this.positive = positive;
        this.seed = seed;
        this.resamples = resamples;
    }

    /** The sampling distribution of these numbers: those that a model has no scores for are NaN. */
    Samples run(List<Statistic> statistics) {
        Map<Statistic, double[][]> values = new HashMap<>();
        for (Statistic statistic : statistics) {
            values.put(statistic, new double[models.size()][resamples]);
        }
        sampleDecisions(
                statistics.stream().filter(s -> !s.metric().scoreBased()).toList(), values);
        sampleScores(statistics.stream().filter(s -> s.metric().scoreBased()).toList(), values);
        return new Samples(values);
    }

    private void sampleDecisions(List<Statistic> statistics, Map<Statistic, double[][]> values) {
        if (statistics.isEmpty()) {
            return;
        }
        List<Stratum> strata = strata();
        inChunks(1, (random, from, to) -> {
            ClassCounts[] counts = new ClassCounts[models.size()];
            Arrays.setAll(counts, _ -> test.counts());
            for (int i = from; i < to; i++) {
                Arrays.stream(counts).forEach(ClassCounts::clear);
                SplittableRandom draw = random.at(i);
                strata.forEach(stratum -> stratum.draw(draw, counts));
                for (Statistic statistic : statistics) {
                    double[][] into = values.getOrDefault(statistic, new double[0][]);
                    for (int m = 0; m < counts.length; m++) {
                        into[m][i] = statistic.of(counts[m], positive);
                    }
                }
            }
        });
    }

    private void sampleScores(List<Statistic> statistics, Map<Statistic, double[][]> values) {
        if (statistics.isEmpty()) {
            return;
        }
        int[][] members = test.members();
        Map<Integer, int[]> strata = unitsByLabel(members);
        List<OutputMetrics> scorers = models.stream()
                .map(model -> model.probabilities()
                        .map(outputs -> test.metrics(outputs, positive))
                        .orElse((metric, weights) -> Double.NaN))
                .toList();
        inChunks(2, (random, from, to) -> {
            int[] weights = new int[test.size()];
            for (int i = from; i < to; i++) {
                Arrays.fill(weights, 0);
                SplittableRandom draw = random.at(i);
                for (int[] units : strata.values()) {
                    for (int k = 0; k < units.length; k++) {
                        for (int example : members[units[draw.nextInt(units.length)]]) {
                            weights[example]++;
                        }
                    }
                }
                for (Statistic statistic : statistics) {
                    double[][] into = values.getOrDefault(statistic, new double[0][]);
                    for (int m = 0; m < scorers.size(); m++) {
                        into[m][i] = scorers.get(m).value(statistic.metric(), weights);
                    }
                }
            }
        });
    }

    private List<Stratum> strata() {
        int[][] members = test.members();
        List<Stratum> strata = new ArrayList<>();
        for (int[] units : unitsByLabel(members).values()) {
            Map<List<Cell>, Integer> multiplicities = new HashMap<>();
            for (int unit : units) {
                List<Cell> cells = new ArrayList<>();
                for (int example : members[unit]) {
                    cells.add(new Cell(
                            test.truth()[example],
                            models.stream().map(m -> m.decision(example)).toList()));
                }
                Collections.sort(cells);
                multiplicities.merge(cells, 1, Integer::sum);
            }
            strata.add(Stratum.of(multiplicities, units.length));
        }
        return strata;
    }

    private Map<Integer, int[]> unitsByLabel(int[][] members) {
        if (test.answer() == Answer.Labels || test.answer() == Answer.Tags) {
            // A stratum for each set of labels, or sequence of tags, would hold one example each, and draw it every
            // time.
            return Map.of(0, IntStream.range(0, members.length).toArray());
        }
        Map<Integer, int[]> byLabel = new HashMap<>();
        for (int label = 0; label < test.classes(); label++) {
            int wanted = label;
            int[] units = IntStream.range(0, members.length)
                    .filter(u -> test.truth()[members[u][0]] == wanted)
                    .toArray();
            if (units.length > 0) {
                byLabel.put(label, units);
            }
        }
        return new java.util.TreeMap<>(byLabel);
    }

    private interface Chunk {
        void run(Draws draws, int from, int to);
    }

    private interface Draws {
        SplittableRandom at(int index);
    }

    private void inChunks(int purpose, Chunk chunk) {
        Draws draws = i -> new SplittableRandom(mix(seed + purpose * 0x632BE59BD9B4E019L + i * 0x9E3779B97F4A7C15L));
        IntStream.range(0, (resamples + CHUNK - 1) / CHUNK)
                .parallel()
                .forEach(c -> chunk.run(draws, c * CHUNK, Math.min(resamples, (c + 1) * CHUNK)));
    }

    private static long mix(long z) {
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    /** An example's label and what each model said. */
    private record Cell(int truth, List<Integer> decisions) implements Comparable<Cell> {
        @Override
        public int compareTo(Cell other) {
            return toString().compareTo(other.toString());
        }
    }

    /** The units of one label, as the different outcomes they have and how many have each. */
    private record Stratum(int units, List<List<Cell>> outcomes, int[] multiplicities) {
        static Stratum of(Map<List<Cell>, Integer> multiplicities, int units) {
            List<List<Cell>> outcomes = multiplicities.keySet().stream()
                    .sorted(java.util.Comparator.comparing(List::toString))
                    .toList();
            int[] counts = outcomes.stream()
                    .mapToInt(outcome -> multiplicities.getOrDefault(outcome, 0))
                    .toArray();
            return new Stratum(units, outcomes, counts);
        }

        /** Adds a draw of as many units as there are, with replacement: a multinomial draw of outcomes. */
        void draw(SplittableRandom random, ClassCounts[] counts) {
            int left = units;
            int restOfUnits = units;
            for (int o = 0; o < multiplicities.length && left > 0; o++) {
                int drawn = BinomialSampler.draw(random, left, (double) multiplicities[o] / restOfUnits);
                left -= drawn;
                restOfUnits -= multiplicities[o];
                if (drawn > 0) {
                    for (Cell cell : outcomes.get(o)) {
                        for (int m = 0; m < counts.length; m++) {
                            counts[m].add(cell.truth(), cell.decisions().get(m), drawn);
                        }
                    }
                }
            }
        }
    }
}
