package dev.finetune.operator.diagnosis;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.finetune.api.Json;
import dev.finetune.api.run.Progress;
import dev.finetune.api.run.StageResult;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * What the log of a stage's pod told.
 *
 * @param pod the name of the pod
 * @param tail its last lines, without those that are for the operator
 */
public record LogReading(
        String pod, Optional<Progress> progress, Optional<String> report, Optional<StageResult> result, String tail) {
    /** A trainer that is newer than this operator may say more than it understands. */
    private static final ObjectMapper LENIENT =
            Json.MAPPER.copy().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

    /** What a result line starts with. */
    private static final String RESULT_PREFIX = "result ";

    private static final int TAIL_LINES = 20;
    private static final int TAIL_CHARACTERS = 2000;
    private static final int REPORT_CHARACTERS = 256 * 1024;

    /** Reads the text of a log; lines that look like ours and are not are ordinary lines. */
    public static LogReading parse(String pod, String text) {
        Optional<Progress> progress = Optional.empty();
        Optional<String> report = Optional.empty();
        Optional<StageResult> result = Optional.empty();
        Deque<String> tail = new ArrayDeque<>();
        for (String line : text.split("\\R")) {
            if (line.startsWith(Progress.PREFIX)) {
                progress = read(line, Progress.PREFIX, Progress.class);
            } else if (line.startsWith(Progress.REPORT_PREFIX)) {
                report = Optional.of(line.substring(Progress.REPORT_PREFIX.length()))
                        .filter(r -> r.length() <= REPORT_CHARACTERS && isJson(r));
            } else if (line.startsWith(RESULT_PREFIX)) {
                result = read(line, RESULT_PREFIX, StageResult.class);
            } else if (!line.isBlank()) {
                tail.addLast(line);
                if (tail.size() > TAIL_LINES) {
                    tail.removeFirst();
                }
            }
        }
        return new LogReading(pod, progress, report, result, cut(String.join("\n", tail)));
    }

    /** A stage's result from its text, if it is one that this version understands. */
    public static Optional<StageResult> result(String text) {
        return read(text.strip(), "", StageResult.class);
    }

    private static <T> Optional<T> read(String line, String prefix, Class<T> type) {
        try {
            return Optional.ofNullable(LENIENT.readValue(line.substring(prefix.length()), type));
        } catch (JsonProcessingException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static boolean isJson(String text) {
        try {
            return LENIENT.readTree(text).isObject();
        } catch (JsonProcessingException e) {
            return false;
        }
    }

    private static String cut(String tail) {
        return tail.length() <= TAIL_CHARACTERS ? tail : tail.substring(tail.length() - TAIL_CHARACTERS);
    }
}
