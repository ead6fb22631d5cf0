package dev.finetune.trainer.dataset;

import org.jspecify.annotations.Nullable;

/** One row of a data file, or why it cannot be one. {@code line} is the line that it begins on, counted from 1. */
sealed interface Row {
    long line();

    /** A row with both values, raw; either may be empty. */
    record Read(long line, String text, String label) implements Row {}

    /** A row that cannot be used; {@code problem} says what was expected and what came. */
    record Broken(long line, String problem) implements Row {}

    /** The row with these values, or broken when one of them is not text. */
    static Row of(long line, ReadSettings settings, String text, String label) {
        String problem = problem(settings, settings.textColumn(), text);
        if (problem == null) {
            problem = problem(settings, settings.labelColumn(), label);
        }
        return problem == null ? new Read(line, text, label) : new Broken(line, problem);
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
