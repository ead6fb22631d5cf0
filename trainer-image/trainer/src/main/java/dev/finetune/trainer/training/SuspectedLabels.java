package dev.finetune.trainer.training;

import dev.finetune.api.Answer;
import dev.finetune.api.Checks;
import dev.finetune.api.DatasetSpec;
import dev.finetune.api.FineTuneJobSpec;
import dev.finetune.api.Json;
import dev.finetune.api.WarnAction;
import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.metric.Decisions;
import dev.finetune.trainer.metric.LabelIssues;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Labels of train that are probably wrong: {@code run/baselines/suspected-labels.json}. They are found by {@link LabelIssues} in what the
 * linear probe answers when it is fitted again without the examples that it is asked about ({@link CrossValidation}).
 *
 * @param examples how many were asked about
 * @param suspects the least likely label first
 */
public record SuspectedLabels(String trainingDigest, int examples, List<Suspect> suspects) {
    /** The file's name in the folder of the baselines. */
    public static final String FILE = "suspected-labels.json";

    /** One example, by its place in the list (from 1); {@code confidence} is the probability of what is suggested, {@code given} that of its label. */
    public record Suspect(int rank, String id, String label, String suggested, double confidence, double given) {}

    /** What is done about them where the spec says so, or nothing. */
    public static WarnAction action(@Nullable Checks checks) {
        return checks == null || checks.suspectedLabels() == null ? WarnAction.Warn : checks.suspectedLabels();
    }

    /** Whether they are looked for: where every example has one label, unless the check is off. */
    public static boolean areAskedFor(FineTuneJobSpec spec) {
        Checks checks =
                Optional.ofNullable(spec.dataset()).map(DatasetSpec::checks).orElse(null);
        return spec.answer() == Answer.Label && action(checks) == WarnAction.Warn;
    }

    /**
     * Those of train, by fits of the strength and on the features that the probe has chosen; {@code between} is run before each fit, and may
     * stop it. A label that fewer examples have than there are folds is not judged, for some of the fits hardly know it.
     */
    static SuspectedLabels of(
            String trainingDigest, List<Example> examples, Probe probe, FrozenFeatures train, Runnable between) {
        int[] folds = CrossValidation.folds(examples);
        if (IntStream.of(folds).distinct().count() < CrossValidation.FOLDS) {
            return new SuspectedLabels(trainingDigest, examples.size(), List.of());
        }
        List<String> labels = probe.labels();
        int[] given = examples.stream().mapToInt(e -> labels.indexOf(e.label())).toArray();
        int[] counts = new int[labels.size()];
        for (int label : given) {
            counts[label]++;
        }
        double[][] answers =
                CrossValidation.answers(train.pooled(probe.pooling()), given, labels.size(), probe.c(), folds, between);
        List<Suspect> suspects = new ArrayList<>();
        for (int i : LabelIssues.find(given, answers)) {
            if (counts[given[i]] >= CrossValidation.FOLDS) {
                int suggested = Decisions.best(answers[i]);
                suspects.add(new Suspect(
                        suspects.size() + 1,
                        examples.get(i).id(),
                        labels.get(given[i]),
                        labels.get(suggested),
                        answers[i][suggested],
                        answers[i][given[i]]));
            }
        }
        return new SuspectedLabels(trainingDigest, examples.size(), suspects);
    }

    /** Whether the folder holds those of that training. */
    static boolean isOf(Path baselines, String trainingDigest) {
        try {
            return read(baselines)
                    .filter(s -> s.trainingDigest().equals(trainingDigest))
                    .isPresent();
        } catch (IOException e) {
            return false;
        }
    }

    /** Reads them from the folder of the baselines; nothing where they were not looked for. */
    public static Optional<SuspectedLabels> read(Path baselines) throws IOException {
        try {
            return Optional.of(
                    Json.MAPPER.readValue(Files.readAllBytes(baselines.resolve(FILE)), SuspectedLabels.class));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }
}
