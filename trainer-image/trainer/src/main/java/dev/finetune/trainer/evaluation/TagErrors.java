package dev.finetune.trainer.evaluation;

import dev.finetune.trainer.artifact.Report;
import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.dataset.TextList;
import dev.finetune.trainer.metric.Decisions;
import dev.finetune.trainer.transform.Entity;
import dev.finetune.trainer.transform.Words;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What goes wrong where words are tagged: a text is a mistake when an entity is missing, too many, of another type or elsewhere. */
final class TagErrors extends ErrorAnalysis {
    /** A tag is suspected where the model is this sure of another one... */
    private static final double SURE = 0.9;
    /** ...and gives the tag at most this much. */
    private static final double UNLIKELY = 0.1;

    private final List<String> tags;

    TagErrors(List<String> tags) {
        this.tags = tags;
    }

    /** The worst are the texts with the highest loss; confusions are of words by type, O being none. */
    @Override
    Report.Errors errors(List<Example> validation, double[][] scores, List<Report.Slice> slices) {
        List<Integer> wrong = new ArrayList<>();
        List<Report.Mistake> suspects = new ArrayList<>();
        Map<String, Map<String, Long>> confused = new TreeMap<>();
        double[] losses = new double[scores.length];
        for (int i = 0; i < scores.length; i++) {
            Example example = validation.get(i);
            List<String> truth = TextList.read(example.label());
            List<String> answer = Decisions.tags(scores[i], tags);
            for (int w = 0; w < truth.size(); w++) {
                double given = score(scores[i], w, truth.get(w));
                double sure = score(scores[i], w, answer.get(w));
                losses[i] -= Math.log(Math.max(given, Double.MIN_NORMAL));
                confused.computeIfAbsent(shownType(truth.get(w)), _ -> new TreeMap<>())
                        .merge(shownType(answer.get(w)), 1L, Long::sum);
                // A score of 1 is that of a word that was not seen.
                if (sure >= SURE && sure < 1 && given <= UNLIKELY) {
                    suspects.add(suspect(example, w, truth.get(w), answer.get(w), sure, given));
                }
            }
            if (!Entity.of(truth).equals(Entity.of(answer))) {
                wrong.add(i);
            }
        }
        List<Report.Mistake> worst = wrong.stream()
                .sorted(Comparator.<Integer>comparingDouble(i -> -losses[i])
                        .thenComparing(i -> validation.get(i).id()))
                .limit(MAX_EXAMPLES)
                .map(i -> mistake(validation.get(i), scores[i]))
                .toList();
        suspects.sort(Comparator.comparingDouble((Report.Mistake m) -> Objects.requireNonNullElse(m.given(), 0.0))
                .thenComparing(Report.Mistake::id));
        return new Report.Errors(
                wrong.size(), worst, suspects.stream().limit(MAX_EXAMPLES).toList(), pairs(confused), slices);
    }

    private double score(double[] scores, int word, String tag) {
        return scores[word * tags.size() + tags.indexOf(tag)];
    }

    private static String shownType(String tag) {
        return Entity.type(tag).isEmpty() ? Entity.OUTSIDE : Entity.type(tag);
    }

    private static List<Report.Pair> pairs(Map<String, Map<String, Long>> confused) {
        List<Report.Pair> pairs = new ArrayList<>();
        confused.forEach((type, answers) -> {
            long of = answers.values().stream().mapToLong(Long::longValue).sum();
            answers.forEach((answer, count) -> {
                if (!answer.equals(type)) {
                    pairs.add(new Report.Pair(type, answer, count, of));
                }
            });
        });
        pairs.sort(Comparator.comparingLong(Report.Pair::count)
                .reversed()
                .thenComparing(Report.Pair::label)
                .thenComparing(Report.Pair::predicted));
        return pairs.stream().limit(MAX_PAIRS).toList();
    }

    /** Of test there is no matrix: an entity that is missed or too many has no place in it. */
    @Override
    List<Report.Pair> pairs(long[][] confusion) {
        return List.of();
    }

    @Override
    Map<String, int[]> parts(TestSet truth) {
        Map<String, int[]> parts = new LinkedHashMap<>();
        for (int type = 0; type < truth.classes(); type++) {
            int wanted = type;
            parts.put(
                    "with " + truth.labels().get(type),
                    IntStream.range(0, truth.size())
                            .filter(i -> truth.has(truth.truth()[i], wanted))
                            .toArray());
        }
        parts.put(
                "without an entity",
                IntStream.range(0, truth.size())
                        .filter(i -> IntStream.range(0, truth.classes())
                                .noneMatch(type -> truth.has(truth.truth()[i], type)))
                        .toArray());
        return parts;
    }

    /** The share of texts of which every entity is right and none is too many. */
    @Override
    double value(int[] members, TestSet truth, Outputs outputs) {
        return Arrays.stream(members)
                        .filter(i -> IntStream.rangeClosed(0, truth.classes())
                                .allMatch(type -> truth.isRight(i, outputs.decision(i), type)))
                        .count()
                / (double) members.length;
    }

    private Report.Mistake mistake(Example example, double[] scores) {
        List<String> words = Words.split(example.text());
        return new Report.Mistake(
                example.id(),
                shown(example),
                entities(words, TextList.read(example.label())),
                entities(words, Decisions.tags(scores, tags)),
                null,
                null);
    }

    /** Such as {@code LOC New York, PER Ada}. */
    private static String entities(List<String> words, List<String> tags) {
        List<Entity> entities = Entity.of(tags);
        return entities.isEmpty()
                ? "no entity"
                : entities.stream()
                        .map(e -> e.type() + " " + Words.joined(words.subList(e.from(), e.to())))
                        .collect(Collectors.joining(", "));
    }

    private Report.Mistake suspect(Example example, int word, String truth, String answer, double sure, double given) {
        String text = Words.split(example.text()).get(word);
        return new Report.Mistake(example.id(), shown(example), text + ": " + truth, text + ": " + answer, sure, given);
    }
}
