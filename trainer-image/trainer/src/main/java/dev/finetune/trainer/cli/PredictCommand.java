package dev.finetune.trainer.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.finetune.api.Answer;
import dev.finetune.api.FailureClass;
import dev.finetune.api.Json;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.artifact.ArtifactVerifier;
import dev.finetune.trainer.artifact.Manifest;
import dev.finetune.trainer.dataset.image.ImageDecoder;
import dev.finetune.trainer.dataset.image.UnreadableImageException;
import dev.finetune.trainer.metric.Decisions;
import dev.finetune.trainer.model.FoundEntity;
import dev.finetune.trainer.model.Predictor;
import dev.finetune.trainer.transform.ImageInput;
import dev.finetune.trainer.transform.Input;
import dev.finetune.trainer.transform.TextInput;
import dev.finetune.trainer.transform.Words;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Answers from a published model, on the command line. */
@Command(
        name = "predict",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Asks a published model: one JSON line per input with its label and probability, its labels, its entities or its number.",
            ""
        },
        footer = {
            "",
            "Examples:  finetune predict models/sms-spam/3f2a... --text 'You have won a prize, call now'",
            "           finetune predict models/sms-spam/3f2a... - < texts.txt",
            "           finetune predict models/birds/91bc... --image a.jpg --image b.png"
        })
final class PredictCommand implements Callable<Integer> {
    private static final int BATCH = 32;

    @Parameters(index = "0", paramLabel = "ARTIFACT_DIR", description = "The folder of a published model.")
    private Path artifact = Path.of("");

    @Parameters(index = "1", arity = "0..1", paramLabel = "-", description = "Standard input, as --file.")
    private @Nullable String dash;

    @Option(names = "--text", paramLabel = "T", description = "One text.")
    private @Nullable String text;

    @Option(names = "--text-pair", paramLabel = "T", description = "The text that --text is compared with.")
    private @Nullable String textPair;

    @Option(
            names = "--file",
            paramLabel = "F",
            description =
                    "A UTF-8 file with one text per line, for pairs one object {\"text\": ..., \"textPair\": ...}.")
    private @Nullable Path file;

    @Option(names = "--image", paramLabel = "F", description = "An image file; may be given several times.")
    private List<Path> images = List.of();

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec command;

    @Option(names = "--all", description = "Add the probability of every label.")
    private boolean all;

    @Override
    public Integer call() throws IOException {
        int given =
                (text == null ? 0 : 1) + (file == null ? 0 : 1) + (dash == null ? 0 : 1) + (images.isEmpty() ? 0 : 1);
        if (given != 1 || (dash != null && !dash.equals("-"))) {
            throw new ParameterException(
                    command.commandLine(),
                    "expected exactly one of --text T, --file F, --image F and -"
                            + (dash == null ? "" : ", got " + dash));
        }
        Manifest manifest = ArtifactVerifier.verify(artifact);
        if (manifest.task().ofImages() == images.isEmpty()) {
            throw new ParameterException(
                    command.commandLine(),
                    images.isEmpty()
                            ? "expected --image F: this model looks at images"
                            : "--image is for models that look at images; this one reads texts");
        }
        boolean pairs = manifest.spec().hasPairs();
        if (text != null && pairs != (textPair != null)) {
            throw new ParameterException(
                    command.commandLine(),
                    pairs
                            ? "expected --text-pair beside --text: this model compares two texts"
                            : "--text-pair is for models that compare two texts");
        }
        try (Predictor predictor = Predictor.open(artifact);
                Stream<? extends Input> inputs = open(pairs)) {
            List<Input> batch = new ArrayList<>();
            for (Iterator<? extends Input> each = inputs.iterator(); each.hasNext(); ) {
                batch.add(each.next());
                if (batch.size() == BATCH) {
                    answer(predictor, manifest.spec().answer(), batch, System.out);
                    batch.clear();
                }
            }
            answer(predictor, manifest.spec().answer(), batch, System.out);
        }
        return 0;
    }

    private Stream<? extends Input> open(boolean pairs) throws IOException {
        if (!images.isEmpty()) {
            return images.stream().map(PredictCommand::image);
        }
        if (text != null) {
            return Stream.of(new TextInput(text, textPair));
        }
        Stream<String> lines = file != null
                ? Files.lines(file, StandardCharsets.UTF_8)
                : new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)).lines();
        return lines.map(pairs ? PredictCommand::pair : TextInput::of);
    }

    /** Decoded once here as well, so that a message names the file. */
    private static ImageInput image(Path file) {
        try {
            ImageDecoder.decode(file);
            return new ImageInput(() -> Files.readAllBytes(file));
        } catch (UnreadableImageException e) {
            throw new StageException(
                    FailureClass.InvalidData, file + " cannot be used as an image: " + e.getMessage(), e);
        } catch (IOException e) {
            throw new StageException(FailureClass.SourceUnavailable, file + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static TextInput pair(String line) {
        try {
            TextInput input = Json.MAPPER.readValue(line, TextInput.class);
            if (input.text() != null && input.textPair() != null) {
                return input;
            }
        } catch (JsonProcessingException e) {
            // Told below, as a line without both texts.
        }
        throw new StageException(
                FailureClass.InvalidData,
                "expected one object {\"text\": ..., \"textPair\": ...} a line, got " + line
                        + "; this model compares two texts");
    }

    private void answer(Predictor predictor, Answer answer, List<? extends Input> inputs, PrintStream out) {
        if (inputs.isEmpty()) {
            return;
        }
        List<Words> words = answer == Answer.Tags
                ? inputs.stream().map(i -> Words.in(i.texts().text())).toList()
                : List.of();
        double[][] scores = predictor.scores(
                words.isEmpty() ? inputs : words.stream().map(Words::input).toList());
        for (int i = 0; i < scores.length; i++) {
            out.println(Json.write(
                    words.isEmpty()
                            ? line(predictor, answer, scores[i])
                            : Map.of("entities", entities(words.get(i), scores[i], predictor.labels()))));
        }
        out.flush();
    }

    private static List<Map<String, Object>> entities(Words words, double[] scores, List<String> tags) {
        return FoundEntity.in(words, scores, tags).stream()
                .map(FoundEntity::asAnswer)
                .toList();
    }

    private Map<String, Object> line(Predictor predictor, Answer answer, double[] scores) {
        List<String> labels = predictor.labels();
        Map<String, Object> line = new LinkedHashMap<>();
        switch (answer) {
            case Label -> {
                int best = Decisions.best(scores);
                line.put("label", labels.get(best));
                line.put("probability", scores[best]);
            }
            case Labels -> line.put("labels", Decisions.given(scores, predictor.threshold(), labels));
            case Tags -> throw new IllegalStateException("entities stand in words");
            case Number -> {
                return Map.of("score", scores[0]);
            }
        }
        if (all) {
            Map<String, Object> byLabel = new LinkedHashMap<>();
            for (int j = 0; j < scores.length; j++) {
                byLabel.put(labels.get(j), scores[j]);
            }
            line.put("scores", byLabel);
        }
        return line;
    }
}
