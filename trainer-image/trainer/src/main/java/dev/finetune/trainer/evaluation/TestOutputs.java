package dev.finetune.trainer.evaluation;

import dev.finetune.api.Json;
import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.evaluation.Scored.ScoredBaseline;
import dev.finetune.trainer.storage.DurableFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** {@code test-errors.jsonl}: what every model said about each test example. It stays in the result folder and is never published. */
final class TestOutputs {
    private TestOutputs() {}

    private record Line(String id, String label, String candidate, double score, Map<String, String> baselines) {}

    static void write(Path file, List<Example> test, Judgement judgement, Scored scored) throws IOException {
        DurableFiles.write(file, out -> {
            for (int i = 0; i < test.size(); i++) {
                Map<String, String> baselines = new TreeMap<>();
                for (ScoredBaseline baseline : scored.baselines()) {
                    String source = baseline.source().isEmpty() ? "" : " " + baseline.source();
                    baselines.put(baseline.name() + source, answer(judgement.test(), baseline.outputs(), i));
                }
                int decision = judgement.candidate().decision(i);
                Line line = new Line(
                        test.get(i).id(),
                        test.get(i).label(),
                        answer(judgement.test(), judgement.candidate(), i),
                        scored.test()[i][decision],
                        baselines);
                out.write(Json.MAPPER.writeValueAsBytes(line));
                out.write('\n');
            }
        });
    }

    private static String answer(TestSet test, Outputs outputs, int example) {
        if (test.isOfNumbers() && outputs.probabilities().isPresent()) {
            return Numbers.shown(outputs.number(example));
        }
        int decision = outputs.decision(example);
        return decision < test.classes() && !test.isOfNumbers() ? test.labels().get(decision) : "(another label)";
    }
}
