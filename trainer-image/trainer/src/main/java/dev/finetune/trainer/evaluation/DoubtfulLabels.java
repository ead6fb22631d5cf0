package dev.finetune.trainer.evaluation;

import dev.finetune.api.CheckAction;
import dev.finetune.api.Finding;
import dev.finetune.api.FineTuneJobSpec;
import dev.finetune.trainer.artifact.Report;
import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.dataset.ExampleFile;
import dev.finetune.trainer.dataset.Workspace;
import dev.finetune.trainer.training.SuspectedLabels;
import dev.finetune.trainer.training.SuspectedLabels.Suspect;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Labels of train that look wrong, as a report tells of them: a finding, and the worst of them with their texts or pictures. */
record DoubtfulLabels(Finding finding, List<Report.Mistake> shown) {
    private static final int NAMED = 5;
    private static final int MAX_LABEL = 40;

    /** Those that train has found; nothing where there are none, or the check is off. */
    static Optional<DoubtfulLabels> of(FineTuneJobSpec spec, Workspace workspace) throws IOException {
        if (!SuspectedLabels.areAskedFor(spec)) {
            return Optional.empty();
        }
        Optional<SuspectedLabels> found = SuspectedLabels.read(workspace.baselines());
        if (found.isEmpty() || found.get().suspects().isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new DoubtfulLabels(finding(found.get()), shown(found.get(), workspace)));
    }

    private static Finding finding(SuspectedLabels found) {
        int count = found.suspects().size();
        String named = found.suspects().stream()
                .limit(NAMED)
                .map(s -> s.id() + " " + quoted(s.label()) + ", expected " + quoted(s.suggested()) + " ("
                        + Numbers.percent(s.confidence()) + ")")
                .collect(Collectors.joining("; "));
        return new Finding(
                "SuspectedLabels",
                CheckAction.Warn,
                (long) count,
                String.format(
                        Locale.ROOT,
                        "%d of %d labels of train look wrong to linear probes that did not learn from the example: %s%s. Read them: some are right and hard; correct the others and train again.",
                        count,
                        found.examples(),
                        named,
                        count > NAMED ? "; and " + (count - NAMED) + " more" : ""));
    }

    private static String quoted(String label) {
        return "'" + (label.length() > MAX_LABEL ? label.substring(0, MAX_LABEL) + "..." : label) + "'";
    }

    private static List<Report.Mistake> shown(SuspectedLabels found, Workspace workspace) throws IOException {
        Map<String, Suspect> worst = found.suspects().stream()
                .limit(ErrorAnalysis.MAX_EXAMPLES)
                .collect(Collectors.toMap(Suspect::id, Function.identity(), (a, _) -> a));
        Map<Integer, Report.Mistake> byRank = new TreeMap<>();
        try (Stream<Example> train = ExampleFile.stream(workspace.train().resolve("train.jsonl"))) {
            for (Example example : (Iterable<Example>) train::iterator) {
                Suspect suspect = worst.get(example.id());
                if (suspect != null) {
                    byRank.put(suspect.rank(), Thumbnails.beside(mistake(suspect, example), example));
                }
            }
        }
        return List.copyOf(byRank.values());
    }

    private static Report.Mistake mistake(Suspect suspect, Example example) {
        return new Report.Mistake(
                suspect.id(),
                ErrorAnalysis.shown(example),
                suspect.label(),
                suspect.suggested(),
                suspect.confidence(),
                suspect.given());
    }
}
