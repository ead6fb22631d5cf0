package dev.finetune.trainer.artifact;

import dev.finetune.api.AugmentationType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/** The parts of the page about how the model was trained. */
final class TrainingSections {
    private static final String LOSS = "loss";

    private final Report.Training training;
    private final boolean images;

    TrainingSections(Report report) {
        this.training = report.training();
        this.images = report.task().ofImages();
    }

    String curves() {
        OptionalDouble best = OptionalDouble.of(training.bestStep());
        List<LineChart.Series> loss = new ArrayList<>();
        String changed = training.augmentation() == null ? "" : " on changed examples";
        loss.add(steps("training loss" + changed + ", by step", 0, true));
        loss.add(epochs("training loss" + changed + ", by epoch", 0, Report.Epoch::trainLoss));
        loss.add(validation("validation loss", 1, LOSS));
        List<LineChart.Series> metrics =
                new ArrayList<>(List.of(validation(training.selectBy() + " on validation", 0, training.selectBy())));
        if (!training.selectBy().equals("accuracy")) {
            metrics.add(validation("accuracy on validation", 2, "accuracy"));
        }
        String charts = "<div class=\"two\">" + LineChart.of("Loss by training step", loss, best)
                + LineChart.of("Metrics by training step", metrics, best) + "</div>";
        String told = "<p>"
                + Html.escape(
                        "Best by " + training.selectBy() + " on validation: " + training.selectedValue() + " at step "
                                + training.bestStep() + " (epoch " + training.bestEpoch() + "). Training took "
                                + training.steps() + " steps in "
                                + training.epochs() + (training.epochs() == 1 ? " epoch" : " epochs")
                                + "; it ended with: " + words(training.stoppedBecause())
                                + ". Its steps waited for data " + Html.share(training.dataWaitShare())
                                + " of the time.")
                + "</p>";
        return Html.section("Training", told + charts + time());
    }

    /** A reason word of the API as a person reads it. */
    private static String words(String reason) {
        return reason.replaceAll("(?<=[a-z])(?=[A-Z])", " ").toLowerCase(Locale.ROOT);
    }

    private String time() {
        double all = training.stepSeconds().values().stream()
                .mapToDouble(Double::doubleValue)
                .sum();
        if (!(all > 0)) {
            return "";
        }
        StringBuilder bar = new StringBuilder("<h3>where the time of a step went</h3><div class=\"bar\">");
        StringBuilder legend = new StringBuilder("<div class=\"legend\">");
        int colour = 0;
        List<Map.Entry<String, Double>> parts = training.stepSeconds().entrySet().stream()
                .sorted(Map.Entry.<String, Double>comparingByValue().reversed())
                .toList();
        for (Map.Entry<String, Double> part : parts) {
            double share = part.getValue() / all;
            String style = "b" + colour++ % 5;
            bar.append("<i class=\"" + style + "\" style=\"width: " + Html.fixed(share * 100, 1) + "%\"></i>");
            legend.append("<span><i class=\"" + style + "\"></i>" + Html.escape(part.getKey()) + " " + Html.share(share)
                    + "</span>");
        }
        if (training.settings().containsKey(Report.Training.MAX_LENGTH)) {
            legend.append("<span>padding: ")
                    .append(Html.share(training.paddingShare()))
                    .append(" of all tokens</span>");
        }
        return bar + "</div>" + legend + "</div>";
    }

    /** Empty where training took its examples as they are. */
    String augmentation() {
        Report.Augmentation told = training.augmentation();
        if (told == null) {
            return "";
        }
        boolean mixed = Stream.of(AugmentationType.values())
                .filter(AugmentationType::mixes)
                .anyMatch(type -> told.changes().stream().anyMatch(change -> change.startsWith(type.name())));
        String changes =
                "<p>Training saw its examples changed, anew in each epoch; validation and test are as they are. In this order: "
                        + Html.escape(String.join(", ", told.changes())) + "."
                        + (mixed
                                ? " Images of a step were then mixed, which the pictures do not show; the training loss is that of mixed images with mixed labels."
                                : "")
                        + "</p>";
        List<List<String>> rows = new ArrayList<>();
        for (Report.Sample sample : told.samples()) {
            List<String> row = new ArrayList<>();
            row.add((images ? Html.picture(sample.before()) : Html.escape(sample.before())) + "<small>"
                    + Html.escape(sample.id()) + "</small>");
            for (String after : sample.after()) {
                row.add(images ? Html.picture(after) : TextChanges.html(sample.before(), after));
            }
            rows.add(row);
        }
        String table = rows.isEmpty()
                ? ""
                : Html.table(List.of("as it is", "in the first epoch", "in the second epoch"), rows)
                        .replace("<td>", "<td class=\"" + (images ? "image" : "text") + "\">");
        return Html.section("Augmentation", changes + table);
    }

    String settings() {
        StringBuilder html = new StringBuilder("<div class=\"settings\">");
        training.settings()
                .forEach((name, value) ->
                        html.append("<div><span>" + Html.escape(name) + "</span> " + Html.escape(value) + "</div>"));
        return Html.section("Settings", html.append("</div>").toString());
    }

    private LineChart.Series steps(String name, int colour, boolean faint) {
        return new LineChart.Series(
                name,
                colour,
                false,
                faint,
                training.curve().stream().mapToDouble(Report.Point::step).toArray(),
                training.curve().stream().mapToDouble(Report.Point::loss).toArray());
    }

    private LineChart.Series epochs(String name, int colour, ToDoubleFunction<Report.Epoch> value) {
        return series(name, colour, training.epochCurve(), value);
    }

    private LineChart.Series validation(String name, int colour, String metric) {
        List<Report.Epoch> measured = training.epochCurve().stream()
                .filter(e -> e.validation().containsKey(metric))
                .toList();
        return series(name, colour, measured, e -> e.validation().getOrDefault(metric, Double.NaN));
    }

    private static LineChart.Series series(
            String name, int colour, List<Report.Epoch> epochs, ToDoubleFunction<Report.Epoch> value) {
        return new LineChart.Series(
                name,
                colour,
                true,
                false,
                epochs.stream().mapToDouble(Report.Epoch::step).toArray(),
                epochs.stream().mapToDouble(value).toArray());
    }
}
