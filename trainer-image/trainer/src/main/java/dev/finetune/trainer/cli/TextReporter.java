package dev.finetune.trainer.cli;

import dev.finetune.api.Finding;
import dev.finetune.api.NamedValue;
import dev.finetune.api.run.EvaluateResult;
import dev.finetune.api.run.PrepareResult;
import dev.finetune.api.run.Progress;
import dev.finetune.api.run.Stage;
import dev.finetune.api.run.StageResult;
import dev.finetune.api.run.TrainResult;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** For people: one bar that moves on a terminal, one line every few seconds elsewhere. */
final class TextReporter implements RunReporter {
    private static final Duration PLAIN_INTERVAL = Duration.ofSeconds(5);
    private static final Duration BAR_INTERVAL = Duration.ofMillis(200);
    private static final int BAR_WIDTH = 24;

    private final PrintStream out;
    private final boolean terminal;
    private final InstantSource clock;
    private Instant next = Instant.MIN;
    private boolean barShown;

    TextReporter(PrintStream out, boolean terminal, InstantSource clock) {
        this.out = out;
        this.terminal = terminal;
        this.clock = clock;
    }

    @Override
    public void started(Stage stage) {
        next = Instant.MIN;
        if (terminal) {
            bar(line(new Progress(stage, null, null, null, null, null, null)));
        }
    }

    @Override
    public void progress(Progress progress) {
        Instant now = clock.instant();
        if (now.isBefore(next)) {
            return;
        }
        next = now.plus(terminal ? BAR_INTERVAL : PLAIN_INTERVAL);
        if (terminal) {
            bar(line(progress));
        } else {
            out.println(line(progress));
        }
    }

    @Override
    public void done(StageResult result, Duration took, boolean earlier) {
        String summary = String.format(Locale.ROOT, "%-8s  ", result.stage()) + summary(result);
        println(summary + (earlier ? "  (done before)" : "  in " + human(took.toSeconds())));
        if (result.prepare() != null) {
            result.prepare().findings().forEach(f -> println("          " + finding(f)));
        }
    }

    @Override
    public void note(String message) {
        println(message);
    }

    @Override
    public void finished(EvaluateResult result, Path artifact) {
        println("");
        println(MetricTable.of(result.results(), result.rules()));
        if (result.gateMessage() != null && !result.gatePassed()) {
            println(result.gateReason() + ": " + result.gateMessage());
        }
        println("artifact " + artifact);
        println("report   " + artifact.resolve("report.html"));
        println("try it   finetune serve " + artifact);
        println("model "
                + (result.model() == null ? "unpublished" : result.model().digest()) + " gate "
                + (result.gatePassed() ? "passed" : "refused"));
    }

    private static String summary(StageResult result) {
        return switch (result.stage()) {
            case prepare -> result.prepare() == null ? "done" : summary(result.prepare());
            case train -> result.train() == null ? "done" : summary(result.train());
            case evaluate -> result.evaluate() == null ? "done" : "judged on the test set";
        };
    }

    private static String summary(PrepareResult p) {
        return p.train() + " train, " + p.validation() + " validation, " + p.test() + " test examples of "
                + p.labels().size() + " labels";
    }

    private static String summary(TrainResult t) {
        return t.epochs() + " epochs, " + t.steps() + " steps, best " + t.selectBy() + " " + t.selectedValue()
                + " at step " + t.bestStep() + " (" + t.stoppedBecause() + "), waited for data "
                + String.format(Locale.ROOT, "%.1f %%", 100 * t.dataWaitShare()) + " of the time";
    }

    private static String finding(Finding f) {
        return f.check() + ": " + f.action() + " " + f.count() + (f.message() == null ? "" : ", " + f.message());
    }

    private static String line(Progress p) {
        List<String> parts = new ArrayList<>();
        parts.add(String.format(Locale.ROOT, "%-8s", p.stage()));
        if (p.percent() != null) {
            int full = Math.clamp(p.percent() * BAR_WIDTH / 100, 0, BAR_WIDTH);
            parts.add("[" + "#".repeat(full) + ".".repeat(BAR_WIDTH - full) + "] "
                    + String.format(Locale.ROOT, "%3d %%", p.percent()));
        }
        if (p.epoch() != null) {
            parts.add("epoch " + p.epoch());
        }
        if (p.step() != null) {
            parts.add("step " + p.step() + (p.totalSteps() == null ? "" : "/" + p.totalSteps()));
        }
        if (p.metrics() != null) {
            for (NamedValue m : p.metrics()) {
                parts.add(m.name() + " " + m.value());
            }
        }
        if (p.remainingSeconds() != null) {
            parts.add("about " + human(p.remainingSeconds()) + " left");
        }
        return String.join("  ", parts);
    }

    private static String human(long seconds) {
        return seconds < 120 ? seconds + " s" : seconds < 7200 ? seconds / 60 + " min" : seconds / 3600 + " h";
    }

    private void bar(String text) {
        out.print("\r\u001b[K" + text);
        out.flush();
        barShown = true;
    }

    private void println(String text) {
        if (barShown) {
            out.print("\r\u001b[K");
            barShown = false;
        }
        out.println(text);
        out.flush();
    }
}
