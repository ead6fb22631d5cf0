package dev.finetune.trainer.dataset;

import dev.finetune.trainer.transform.TextInput;
import dev.finetune.trainer.transform.Words;
import java.math.BigDecimal;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One row of a data file, or why it cannot be one. {@code line} is the line that it begins on, counted from 1. */
sealed interface Row {
    long line();

    /** A row with the value of every role, raw; each may be empty. */
    record Read(long line, Map<Role, String> values) implements Row {
        /** One with a text and its label. */
        Read(long line, String text, String label) {
            this(line, Map.of(Role.text, text, Role.label, label));
        }

        /** What a model is asked: one text, or two; of words the text that they make. */
        TextInput input() {
            String tokens = values.get(Role.tokens);
            return tokens == null
                    ? new TextInput(value(Role.text), values.get(Role.textPair))
                    : TextInput.of(Words.joined(TextList.read(tokens)));
        }

        /** The value of a role that the task has. */
        String value(Role role) {
            return Objects.requireNonNull(values.get(role), role::name);
        }
    }

    /** A row that cannot be used; {@code problem} says what was expected and what came. */
    record Broken(long line, String problem) implements Row {}

    /** The row with these values, or broken when one of them is not text. */
    static Row of(long line, ReadSettings settings, Map<Role, String> values) {
        return values.entrySet().stream()
                .flatMap(v -> texts(v.getKey(), v.getValue())
                        .flatMap(text ->
                                Optional.ofNullable(problem(settings, settings.column(v.getKey()), text)).stream()))
                .findFirst()
                .or(() -> answerProblem(settings, values))
                .<Row>map(problem -> new Broken(line, problem))
                .orElseGet(() -> new Read(line, values));
    }

    /** Lists are several texts in one. */
    private static Stream<String> texts(Role role, String value) {
        return role.isList() ? TextList.read(value).stream() : Stream.of(value);
    }

    /** What no model could be taught as an answer; an empty label or number is told apart from one. */
    private static Optional<String> answerProblem(ReadSettings settings, Map<Role, String> values) {
        String answer = values.getOrDefault(settings.answerRole(), "");
        String column = "column '" + settings.column(settings.answerRole()) + "' holds ";
        return switch (settings.answer()) {
            case Label -> Optional.empty();
            case Labels ->
                LabelSet.read(answer).stream().anyMatch(ExampleKey::isEmpty)
                        ? Optional.of(column + "an empty label: "
                                + (answer.length() > 80 ? answer.substring(0, 80) + "..." : answer))
                        : Optional.empty();
            case Tags ->
                TagChecks.problem(
                        settings.column(Role.tokens),
                        TextList.read(values.getOrDefault(Role.tokens, "[]")),
                        settings.column(Role.tags),
                        TextList.read(answer));
            case Number ->
                answer.isBlank() || isNumber(answer)
                        ? Optional.empty()
                        : Optional.of(column + "'" + (answer.length() > 40 ? answer.substring(0, 40) + "..." : answer)
                                + "' where a decimal number was expected");
        };
    }

    private static boolean isNumber(String text) {
        try {
            return Float.isFinite(new BigDecimal(text.strip()).floatValue());
        } catch (NumberFormatException e) {
            return false;
        }
    }

    private static @Nullable String problem(ReadSettings settings, String column, String value) {
        int half = unpairedSurrogate(value);
        if (half >= 0 && value.charAt(half) == StrictDecoder.BROKEN) {
            return "column '" + column + "' holds bytes that are not "
                    + settings.encoding().name()
                    + ": save the file as UTF-8, or name its encoding in spec.dataset.csv.encoding";
        }
        if (half >= 0) {
            return "column '" + column + "' holds half of a surrogate pair, which is no character";
        }
        if (value.indexOf('\0') >= 0) {
            return "column '" + column + "' holds a NUL byte: the file is damaged, or not in "
                    + settings.encoding().name();
        }
        return null;
    }

    private static int unpairedSurrogate(String value) {
        for (int i = 0; i < value.length(); i++) {
            if (Character.isSurrogate(value.charAt(i))) {
                if (Character.charCount(value.codePointAt(i)) == 1) {
                    return i;
                }
                i++;
            }
        }
        return -1;
    }
}
