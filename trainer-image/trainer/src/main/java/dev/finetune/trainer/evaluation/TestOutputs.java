package dev.finetune.trainer.evaluation;

import dev.finetune.api.Answer;
import dev.finetune.api.Json;
import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.dataset.LabelSet;
import dev.finetune.trainer.dataset.TextList;
import dev.finetune.trainer.evaluation.Scored.ScoredBaseline;
import dev.finetune.trainer.storage.DurableFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** {@code test-errors.jsonl}: what every model said about each test example. It stays in the result folder and is never published. */
final class TestOutputs {
    private static final String ANOTHER = "(another label)";

    private TestOutputs() {}

    /** {@code score} is that of the answer; several labels, and the tags of words, have one each, and none is shown. */
    private record Line(
            String id,
            String label,
            String candidate,
            @Nullable Double score,
            Map<String, String> baselines) {}

    static void write(Path file, List<Example> test, Judgement judgement, Scored scored) throws IOException {
        DurableFiles.write(file, out -> {
            for (int i = 0; i < test.size(); i++) {
                Map<String, String> baselines = new TreeMap<>();
                for (ScoredBaseline baseline : scored.baselines()) {
                    String source = baseline.source().isEmpty() ? "" : " " + baseline.source();
                    baselines.put(baseline.name() + source, answer(judgement.test(), baseline.outputs(), i));
                }
                Line line = new Line(
                        test.get(i).id(),
                        test.get(i).label(),
                        answer(judgement.test(), judgement.candidate(), i),
                        judgement.test().answer() == Answer.Labels
                                        || judgement.test().answer() == Answer.Tags
                                ? null
                                : scored.test()[i][judgement.candidate().decision(i)],
                        baselines);
                out.write(Json.MAPPER.writeValueAsBytes(line));
                out.write('\n');
            }
        });
    }

    private static String answer(TestSet test, Outputs outputs, int example) {
        if (test.sequences().isPresent()) {
            return TextList.of(test.sequences().get().sequence(outputs.decision(example)));
        }
        if (test.sets().isPresent()) {
            return LabelSet.of(IntStream.rangeClosed(0, test.classes())
                    .filter(label -> test.has(outputs.decision(example), label))
                    .mapToObj(label -> label < test.classes() ? test.labels().get(label) : ANOTHER)
                    .toList());
        }
        if (test.isOfNumbers() && outputs.probabilities().isPresent()) {
            return Numbers.shown(outputs.number(example));
        }
        int decision = outputs.decision(example);
        return decision < test.classes() && !test.isOfNumbers() ? test.labels().get(decision) : ANOTHER;
    }
}
