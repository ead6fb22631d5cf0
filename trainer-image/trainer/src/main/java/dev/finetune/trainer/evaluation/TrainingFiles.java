package dev.finetune.trainer.evaluation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.finetune.api.Json;
import dev.finetune.trainer.artifact.Report;
import dev.finetune.trainer.training.History;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What train left about itself, as the report shows it: {@code candidate/training.json}, {@code run/history.json} and {@code run/augmentation.json}. */
final class TrainingFiles {
    private TrainingFiles() {}

    static Report.Training read(Path candidate, Path run) throws IOException {
        JsonNode record =
                Json.MAPPER.readTree(candidate.resolve("training.json").toFile());
        JsonNode history = Json.MAPPER.readTree(run.resolve("history.json").toFile());
        Map<String, String> settings = new TreeMap<>();
        record.path("hyperparameters")
                .properties()
                .forEach(e -> settings.put(e.getKey(), e.getValue().asText()));
        if (record.path("maxLength").asInt() > 0) {
            settings.put(Report.Training.MAX_LENGTH, record.path("maxLength").asText());
        }
        for (String name : List.of(Report.Training.IMAGE, "batchNorm", Report.Training.IMBALANCE)) {
            if (record.hasNonNull(name)) {
                settings.put(name, record.path(name).asText());
            }
        }
        if (record.has(Report.Training.THRESHOLD)) {
            settings.put(
                    Report.Training.THRESHOLD,
                    Numbers.shown(record.path(Report.Training.THRESHOLD).asDouble()));
        }
        settings.put("microBatchSize", record.path("microBatchSize").asText());
        return new Report.Training(
                settings,
                record.path("selectBy").asText(),
                Numbers.shown(record.path("selectedValue").asDouble()),
                record.path("bestStep").asLong(),
                record.path("bestEpoch").asInt(),
                record.path("bestTrainLoss").asDouble(),
                record.path("bestValidationLoss").asDouble(),
                record.path("steps").asLong(),
                record.path("epochs").asInt(),
                record.path("stoppedBecause").asText(),
                record.path("secondsPerEpoch").asDouble(),
                record.path("paddingShare").asDouble(),
                Json.MAPPER
                        .treeToValue(history.path("time"), History.StepTime.class)
                        .dataShare(),
                numbers(history.path("time")),
                curve(history),
                epochs(history),
                augmentation(run));
    }

    private static Report.@Nullable Augmentation augmentation(Path run) throws IOException {
        Path file = run.resolve("augmentation.json");
        if (Files.notExists(file)) {
            return null;
        }
        Report.Augmentation told = Json.MAPPER.readValue(file.toFile(), Report.Augmentation.class);
        return told.changes().isEmpty() ? null : told;
    }

    private static List<Report.Point> curve(JsonNode history) {
        List<Report.Point> curve = new ArrayList<>();
        for (JsonNode step : history.path("steps")) {
            curve.add(new Report.Point(
                    step.path("step").asLong(),
                    step.path("loss").asDouble(),
                    step.path("learningRate").asDouble()));
        }
        return curve;
    }

    private static List<Report.Epoch> epochs(JsonNode history) {
        List<Report.Epoch> epochs = new ArrayList<>();
        for (JsonNode epoch : history.path("epochs")) {
            epochs.add(new Report.Epoch(
                    epoch.path("epoch").asInt(),
                    epoch.path("step").asLong(),
                    epoch.path("trainLoss").asDouble(),
                    numbers(epoch.path("validation"))));
        }
        return epochs;
    }

    private static Map<String, Double> numbers(JsonNode object) {
        Map<String, Double> numbers = new LinkedHashMap<>();
        object.properties().forEach(e -> numbers.put(e.getKey(), e.getValue().asDouble()));
        return numbers;
    }
}
