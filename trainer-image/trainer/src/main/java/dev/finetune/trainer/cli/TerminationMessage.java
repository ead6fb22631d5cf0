package dev.finetune.trainer.cli;

import dev.finetune.api.BaselineResult;
import dev.finetune.api.Finding;
import dev.finetune.api.Json;
import dev.finetune.api.MetricResult;
import dev.finetune.api.RuleResult;
import dev.finetune.api.run.EvaluateResult;
import dev.finetune.api.run.PrepareResult;
import dev.finetune.api.run.StageFailure;
import dev.finetune.api.run.StageResult;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A result as a container's termination message: valid JSON of at most 4,000 bytes, whatever has to go for that. */
final class TerminationMessage {
    static final int MAX_BYTES = 4000;
    private static final int MAX_FAILURE_CHARS = 1500;
    private static final int MAX_MESSAGE_CHARS = 160;
    private static final Logger LOG = LoggerFactory.getLogger(TerminationMessage.class);

    /** From what is missed least to what is missed most; each step works on what the one before left. */
    private static final List<UnaryOperator<StageResult>> CUTS = List.of(
            r -> withTexts(r, MAX_MESSAGE_CHARS),
            r -> withTexts(r, 0),
            r -> withPrepare(r, p -> withLabels(p, List.of())),
            r -> withMetrics(r, TerminationMessage::withoutIntervals),
            r -> withMetrics(r, m -> isPrimary(r, m) ? m : null),
            r -> withPrepare(r, p -> withFindings(p, List.of())),
            r -> withEvaluate(r, e -> withRules(e, List.of())),
            r -> withFailure(r, 300));

    private TerminationMessage() {}

    /** Writes the message where Kubernetes looks for it; a place that is absent or not writable is not an error. */
    static void write(Path path, StageResult result) {
        write(path, encode(result));
    }

    /** The same of a text, for what has no result. */
    static void write(Path path, String text) {
        write(path, String.valueOf(cut(text, MAX_FAILURE_CHARS)).getBytes(StandardCharsets.UTF_8));
    }

    private static void write(Path path, byte[] message) {
        if (!Files.isWritable(path)) {
            return;
        }
        try {
            Files.write(path, message);
        } catch (IOException e) {
            LOG.warn("the termination message could not be written to {}: {}", path, e.getMessage());
        }
    }

    static byte[] encode(StageResult result) {
        StageResult cut = withFailure(result, MAX_FAILURE_CHARS);
        byte[] bytes = bytes(cut);
        for (UnaryOperator<StageResult> step : CUTS) {
            if (bytes.length <= MAX_BYTES) {
                return bytes;
            }
            cut = step.apply(cut);
            bytes = bytes(cut);
        }
        return bytes;
    }

    private static byte[] bytes(StageResult result) {
        return Json.write(result).getBytes(StandardCharsets.UTF_8);
    }

    private static StageResult withTexts(StageResult r, int limit) {
        StageResult findings = withPrepare(
                r,
                p -> withFindings(
                        p,
                        p.findings().stream()
                                .map(f -> new Finding(f.check(), f.action(), f.count(), cut(f.message(), limit)))
                                .toList()));
        return withEvaluate(
                findings,
                e -> withRules(
                        e,
                        e.rules().stream()
                                .map(x -> new RuleResult(x.name(), x.verdict(), cut(x.message(), limit)))
                                .toList()));
    }

    private static StageResult withMetrics(
            StageResult r, java.util.function.Function<MetricResult, @Nullable MetricResult> cut) {
        return withEvaluate(
                r,
                e -> new EvaluateResult(
                        e.gatePassed(),
                        e.gateReason(),
                        cut(e.gateMessage(), MAX_MESSAGE_CHARS),
                        e.summary(),
                        e.results().stream().map(cut).filter(Objects::nonNull).toList(),
                        e.mcnemar(),
                        e.rules(),
                        e.model()));
    }

    private static boolean isPrimary(StageResult r, MetricResult m) {
        return r.evaluate() != null && Objects.equals(r.evaluate().summary().metric(), m.metric());
    }

    private static MetricResult withoutIntervals(MetricResult m) {
        List<BaselineResult> baselines = m.baselines() == null
                ? null
                : m.baselines().stream()
                        .map(b -> new BaselineResult(b.name(), b.value(), b.delta(), null, null))
                        .toList();
        return new MetricResult(m.metric(), m.candidate(), m.low(), m.high(), baselines);
    }

    private static StageResult withPrepare(StageResult r, UnaryOperator<PrepareResult> change) {
        PrepareResult p = r.prepare();
        return new StageResult(
                r.planDigest(),
                r.stage(),
                r.outcome(),
                p == null ? null : change.apply(p),
                r.train(),
                r.evaluate(),
                r.failure());
    }

    private static StageResult withEvaluate(StageResult r, UnaryOperator<EvaluateResult> change) {
        EvaluateResult e = r.evaluate();
        return new StageResult(
                r.planDigest(),
                r.stage(),
                r.outcome(),
                r.prepare(),
                r.train(),
                e == null ? null : change.apply(e),
                r.failure());
    }

    private static StageResult withFailure(StageResult r, int limit) {
        StageFailure f = r.failure();
        String message = f == null ? null : cut(f.message(), limit);
        return new StageResult(
                r.planDigest(),
                r.stage(),
                r.outcome(),
                r.prepare(),
                r.train(),
                r.evaluate(),
                f == null || message == null ? null : new StageFailure(f.type(), message));
    }

    private static EvaluateResult withRules(EvaluateResult e, List<RuleResult> rules) {
        return new EvaluateResult(
                e.gatePassed(),
                e.gateReason(),
                e.gateMessage(),
                e.summary(),
                e.results(),
                e.mcnemar(),
                rules,
                e.model());
    }

    private static PrepareResult withFindings(PrepareResult p, List<Finding> findings) {
        return copy(p, p.labels(), findings);
    }

    private static PrepareResult withLabels(PrepareResult p, List<String> labels) {
        return copy(p, labels, p.findings());
    }

    private static PrepareResult copy(PrepareResult p, List<String> labels, List<Finding> findings) {
        return new PrepareResult(
                p.modelDigest(),
                p.modelRevision(),
                p.license(),
                p.datasetDigest(),
                p.testDigest(),
                p.train(),
                p.validation(),
                p.test(),
                labels,
                findings,
                p.testIndependent(),
                p.sources());
    }

    /** At most that many characters, never half of a surrogate pair; null for none at all. */
    private static @Nullable String cut(@Nullable String text, int limit) {
        if (text == null || limit == 0) {
            return null;
        }
        if (text.length() <= limit) {
            return text;
        }
        int end = Character.isHighSurrogate(text.charAt(limit - 1)) ? limit - 1 : limit;
        return text.substring(0, end) + "...";
    }
}
