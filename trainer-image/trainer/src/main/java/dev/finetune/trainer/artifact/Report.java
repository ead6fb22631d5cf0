package dev.finetune.trainer.artifact;

import dev.finetune.api.EvaluationSummary;
import dev.finetune.api.Finding;
import dev.finetune.api.Json;
import dev.finetune.api.McNemar;
import dev.finetune.api.MetricResult;
import dev.finetune.api.RuleResult;
import dev.finetune.api.Task;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a candidate came about and how it was judged: one tree, from which {@code report.json}, the page, the model card and the table
 * on the terminal are made. Numbers in {@code metrics} are decimal strings as in the API; intervals are two-sided at
 * {@code confidence}. Of the test set it holds aggregates only, examples come from train and validation.
 */
public record Report(
        int reportVersion,
        String job,
        String modelName,
        Task task,
        boolean gatePassed,
        String gateReason,
        String gateMessage,
        EvaluationSummary summary,
        double confidence,
        List<MetricResult> metrics,
        List<McNemar> mcnemar,
        List<RuleResult> rules,
        Data data,
        Training training,
        Confusion confusion,
        List<ClassRow> classes,
        Errors errors,
        Cost cost,
        List<String> warnings,
        List<String> advice,
        Provenance provenance) {
    /** The version this code writes. */
    public static final int VERSION = 1;

    /** The most bytes that a report may have as JSON: it travels through a pod's log into a ConfigMap. */
    public static final int MAX_BYTES = 256 * 1024;

    private static final int FEW = 100;
    private static final int MAX_MESSAGE = 2000;

    /** The report as JSON of at most {@link #MAX_BYTES}: where there are very many classes, without what fills whole tables. */
    public byte[] json() {
        byte[] whole = Json.write(this).getBytes(StandardCharsets.UTF_8);
        return whole.length <= MAX_BYTES ? whole : Json.write(shortened()).getBytes(StandardCharsets.UTF_8);
    }

    private Report shortened() {
        Data smaller = new Data(
                data.train,
                data.validation,
                data.test,
                few(data.labels),
                data.positiveLabel,
                few(data.absentLabels),
                data.testUses,
                data.testIndependent,
                few(data.findings),
                data.notCompared,
                withoutPictures(data.suspects));
        Errors fewer = new Errors(
                errors.validationErrors,
                withoutPictures(errors.worst),
                withoutPictures(errors.suspects),
                errors.confused,
                few(errors.slices));
        return new Report(
                reportVersion,
                job,
                modelName,
                task,
                gatePassed,
                gateReason,
                gateMessage.length() > MAX_MESSAGE ? gateMessage.substring(0, MAX_MESSAGE) + "..." : gateMessage,
                summary,
                confidence,
                metrics,
                mcnemar,
                few(rules),
                smaller,
                training.withoutSamples(),
                new Confusion(few(confusion.labels), null, confusion.pairs),
                few(classes),
                fewer,
                cost,
                warnings.stream()
                        .map(w -> w.length() > MAX_MESSAGE ? w.substring(0, MAX_MESSAGE) + "..." : w)
                        .toList(),
                advice,
                provenance);
    }

    private static List<Mistake> withoutPictures(List<Mistake> mistakes) {
        return mistakes.stream().map(m -> m.with(null)).toList();
    }

    private static <T> List<T> few(List<T> all) {
        return all.subList(0, Math.min(FEW, all.size()));
    }

    /**
     * The data after checks and splits; {@code notCompared} says which baselines could not be scored and why, {@code suspects} are examples
     * of train whose label is probably wrong.
     */
    public record Data(
            long train,
            long validation,
            long test,
            List<String> labels,
            @Nullable String positiveLabel,
            List<String> absentLabels,
            @Nullable Integer testUses,
            boolean testIndependent,
            List<Finding> findings,
            Map<String, String> notCompared,
            List<Mistake> suspects) {}

    /** How it was trained; {@code settings} are the hyperparameters after their defaults, {@code dataWaitShare} is how much of the steps was waiting for their inputs. */
    public record Training(
            Map<String, String> settings,
            String selectBy,
            String selectedValue,
            long bestStep,
            int bestEpoch,
            double bestTrainLoss,
            double bestValidationLoss,
            long steps,
            int epochs,
            String stoppedBecause,
            double secondsPerEpoch,
            double paddingShare,
            double dataWaitShare,
            Map<String, Double> stepSeconds,
            List<Point> curve,
            List<Epoch> epochCurve,
            @Nullable Augmentation augmentation) {
        /** The setting of texts: where they are cut, in tokens. */
        public static final String MAX_LENGTH = "maxLength";

        /** The setting of images: how they are prepared, in words. */
        public static final String IMAGE = "image";

        /** The setting of labels of unequal frequency: what was done about them, in words. */
        public static final String IMBALANCE = "imbalance";

        /** The setting that was chosen on validation: the score from which a label is given, where a text may have several. */
        public static final String THRESHOLD = "threshold";

        private Training withoutSamples() {
            return new Training(
                    settings,
                    selectBy,
                    selectedValue,
                    bestStep,
                    bestEpoch,
                    bestTrainLoss,
                    bestValidationLoss,
                    steps,
                    epochs,
                    stoppedBecause,
                    secondsPerEpoch,
                    paddingShare,
                    dataWaitShare,
                    stepSeconds,
                    curve,
                    epochCurve,
                    augmentation == null ? null : new Augmentation(augmentation.changes, List.of()));
        }
    }

    /** How training changed its examples: the changes in their order, in words, and some examples. */
    public record Augmentation(List<String> changes, List<Sample> samples) {}

    /** A training example unchanged and as it was in the first epochs; an image is a small picture as a data: URI. */
    public record Sample(String id, String before, List<String> after) {}

    /** The mean training loss up to a step. */
    public record Point(long step, double loss, double learningRate) {}

    /** One validation. */
    public record Epoch(int epoch, long step, double trainLoss, Map<String, Double> validation) {}

    /** How often an example of the row's label was taken for the column's; the matrix is left out where it would be too large. */
    public record Confusion(List<String> labels, long @Nullable [][] matrix, List<Pair> pairs) {}

    /** {@code count} of {@code of} examples of one label were taken for another. */
    public record Pair(String label, String predicted, long count, long of) {}

    /** One class on the test set, or one type of entities, of which {@code train} and {@code test} are counts; {@code before} is recall of the baseline that BEFORE shows. */
    public record ClassRow(
            String label,
            long train,
            long test,
            @Nullable Double precision,
            @Nullable Double recall,
            @Nullable Double f1,
            @Nullable Double before) {}

    /** What goes wrong: examples from validation, slices of at least 20 test examples. */
    public record Errors(
            long validationErrors,
            List<Mistake> worst,
            List<Mistake> suspects,
            List<Pair> confused,
            List<Slice> slices) {}

    /**
     * A wrong answer on an example of validation, or of train in cross-validation; {@code confidence} is the score of the answer, {@code given}
     * that of its label. Numbers have neither. {@code image} is a small picture as a data: URI, of an image.
     */
    public record Mistake(
            String id,
            String text,
            String label,
            String predicted,
            @Nullable Double confidence,
            @Nullable Double given,
            @Nullable String image) {
        /** One about a text. */
        public Mistake(
                String id,
                String text,
                String label,
                String predicted,
                @Nullable Double confidence,
                @Nullable Double given) {
            this(id, text, label, predicted, confidence, given, null);
        }

        /** The same with another picture, or without one. */
        public Mistake with(@Nullable String picture) {
            return new Mistake(id, text, label, predicted, confidence, given, picture);
        }
    }

    /** A part of the test set; of numbers the values are mean absolute errors, of tags the shares of texts with all entities right. */
    public record Slice(
            String name,
            long examples,
            double accuracy,
            @Nullable Double before) {}

    /** What it costs to run: milliseconds for one text or image at a time, here; bytes of weights. */
    public record Cost(double medianMillis, long weightBytes) {}

    /** Where everything came from. */
    public record Provenance(
            String baseModel,
            String baseModelDigest,
            String candidateDigest,
            String datasetDigest,
            String testDigest,
            @Nullable String parentDigest,
            @Nullable String license,
            int splitVersion,
            long seed,
            boolean exactResume,
            String trainerBuild,
            String cpu,
            int threads,
            List<Manifest.Source> sources) {}
}
