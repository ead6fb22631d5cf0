package dev.finetune.trainer.evaluation;

import dev.finetune.trainer.artifact.GoldenRequest;
import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.metric.Decisions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Chooses the golden requests: up to 64 validation inputs, in turn from every answer that the model gives, none of them a close call. */
final class GoldenChoice {
    private static final int REQUESTS = 64;

    /** Between closer scores another machine's rounding could decide. */
    private static final double MARGIN = 0.05;

    private GoldenChoice() {}

    static List<GoldenRequest> of(List<Example> validation, double[][] scores, List<String> labels) {
        Map<Integer, List<GoldenRequest>> byAnswer = new LinkedHashMap<>();
        for (int i = 0; i < scores.length; i++) {
            int answer = Decisions.best(scores[i]);
            if (Decisions.margin(scores[i]) > MARGIN) {
                byAnswer.computeIfAbsent(answer, _ -> new ArrayList<>())
                        .add(new GoldenRequest(
                                validation.get(i).text(),
                                validation.get(i).textPair(),
                                labels.get(answer),
                                Arrays.stream(scores[i]).boxed().toList()));
            }
        }
        List<GoldenRequest> chosen = new ArrayList<>();
        for (int turn = 0; chosen.size() < REQUESTS; turn++) {
            int before = chosen.size();
            for (List<GoldenRequest> candidates : byAnswer.values()) {
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
