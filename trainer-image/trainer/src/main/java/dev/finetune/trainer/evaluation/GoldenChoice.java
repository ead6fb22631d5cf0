package dev.finetune.trainer.evaluation;

import dev.finetune.api.Answer;
import dev.finetune.trainer.artifact.GoldenRequest;
import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.dataset.LabelSet;
import dev.finetune.trainer.dataset.StoredImage;
import dev.finetune.trainer.dataset.TextList;
import dev.finetune.trainer.metric.Decisions;
import dev.finetune.trainer.transform.Entity;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;

/** Chooses the golden requests: up to 64 validation inputs, in turn from every answer that the model gives, none of them a close call. */
final class GoldenChoice {
    private static final int REQUESTS = 64;

    /** Between closer scores another machine's rounding could decide. */
    private static final double MARGIN = 0.05;

    /** The same for each of several labels, any of which may be close: ten times what a score may be off. */
    private static final double LABEL_MARGIN = 10 * GoldenRequest.TOLERANCE;

    /** Of the files of images together, unless the first one alone has more. */
    private static final long MOST_BYTES = 4 << 20;

    private static final int MOST_WORDS = 64;

    private GoldenChoice() {}

    /** Of a model's scores of validation; the threshold is for several labels. */
    static List<GoldenRequest> of(
            Answer answer, List<Example> validation, double[][] scores, double threshold, List<String> labels) {
        return switch (answer) {
            case Label -> ofLabels(validation, scores, labels);
            case Labels -> ofSets(validation, scores, threshold, labels);
            case Tags -> ofTags(validation, scores, labels);
            case Number -> ofNumbers(validation, scores, labels.getFirst());
        };
    }

    /** The same of images with one label: the smallest files of each answer, as they become a part of the artefact. */
    static List<GoldenRequest> ofImages(List<Example> validation, double[][] scores, List<String> labels)
            throws IOException {
        Map<String, List<Integer>> byAnswer = new LinkedHashMap<>();
        for (int i = 0; i < scores.length; i++) {
            if (Decisions.margin(scores[i]) > MARGIN) {
                byAnswer.computeIfAbsent(labels.get(Decisions.best(scores[i])), _ -> new ArrayList<>())
                        .add(i);
            }
        }
        byAnswer.values()
                .forEach(same -> same.sort(
                        Comparator.comparingInt(i -> image(validation.get(i)).length())));
        List<GoldenRequest> chosen = new ArrayList<>();
        long bytes = 0;
        for (int i : inTurn(byAnswer)) {
            StoredImage image = image(validation.get(i));
            bytes += image.length();
            if (bytes > MOST_BYTES && !chosen.isEmpty()) {
                break;
            }
            chosen.add(GoldenRequest.ofImage(
                    image.read(),
                    labels.get(Decisions.best(scores[i])),
                    Arrays.stream(scores[i]).boxed().toList()));
        }
        return chosen;
    }

    private static StoredImage image(Example example) {
        return Objects.requireNonNull(example.image(), example::id);
    }

    /** Evenly over the answers, from the lowest to the highest. */
    private static List<GoldenRequest> ofNumbers(List<Example> validation, double[][] scores, String name) {
        List<Integer> byAnswer = IntStream.range(0, scores.length)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> scores[i][0]))
                .toList();
        int count = Math.min(REQUESTS, scores.length);
        return IntStream.range(0, count)
                .map(k -> byAnswer.get((int) ((long) k * scores.length / count)))
                .mapToObj(i -> request(validation.get(i), name, scores[i]))
                .toList();
    }

    private static GoldenRequest request(Example example, String label, double[] scores) {
        return new GoldenRequest(
                example.text(),
                example.textPair(),
                label,
                Arrays.stream(scores).boxed().toList());
    }

    private static List<GoldenRequest> ofLabels(List<Example> validation, double[][] scores, List<String> labels) {
        Map<String, List<GoldenRequest>> byAnswer = new LinkedHashMap<>();
        for (int i = 0; i < scores.length; i++) {
            String answer = labels.get(Decisions.best(scores[i]));
            if (Decisions.margin(scores[i]) > MARGIN) {
                byAnswer.computeIfAbsent(answer, _ -> new ArrayList<>())
                        .add(request(validation.get(i), answer, scores[i]));
            }
        }
        return inTurn(byAnswer);
    }

    /** Every set of labels is an answer of its own. */
    private static List<GoldenRequest> ofSets(
            List<Example> validation, double[][] scores, double threshold, List<String> labels) {
        Map<String, List<GoldenRequest>> byAnswer = new LinkedHashMap<>();
        for (int i = 0; i < scores.length; i++) {
            if (Arrays.stream(scores[i]).allMatch(p -> Math.abs(p - threshold) > LABEL_MARGIN)) {
                String answer = LabelSet.of(Decisions.given(scores[i], threshold, labels));
                byAnswer.computeIfAbsent(answer, _ -> new ArrayList<>())
                        .add(request(validation.get(i), answer, scores[i]));
            }
        }
        return inTurn(byAnswer);
    }

    /** In turn from every set of types that are found; long texts would make long files. */
    private static List<GoldenRequest> ofTags(List<Example> validation, double[][] scores, List<String> tags) {
        Map<String, List<GoldenRequest>> byAnswer = new LinkedHashMap<>();
        for (int i = 0; i < scores.length; i++) {
            List<String> answer = Decisions.tags(scores[i], tags);
            if (answer.size() <= MOST_WORDS && noneIsClose(scores[i], tags.size())) {
                byAnswer.computeIfAbsent(LabelSet.of(Entity.types(answer)), _ -> new ArrayList<>())
                        .add(request(validation.get(i), TextList.of(answer), scores[i]));
            }
        }
        return inTurn(byAnswer);
    }

    private static boolean noneIsClose(double[] scores, int tags) {
        return IntStream.iterate(0, from -> from < scores.length, from -> from + tags)
                .allMatch(from -> Decisions.margin(Arrays.copyOfRange(scores, from, from + tags)) > MARGIN);
    }

    private static <T> List<T> inTurn(Map<String, List<T>> byAnswer) {
        List<T> chosen = new ArrayList<>();
        for (int turn = 0; chosen.size() < REQUESTS; turn++) {
            int before = chosen.size();
            for (List<T> candidates : byAnswer.values()) {
                if (turn < candidates.size() && chosen.size() < REQUESTS) {
                    chosen.add(candidates.get(turn));
                }
            }
            if (chosen.size() == before) {
                break;
            }
        }
        return chosen;
    }
}
