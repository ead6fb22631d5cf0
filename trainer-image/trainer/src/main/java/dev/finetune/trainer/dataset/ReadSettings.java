package dev.finetune.trainer.dataset;

import dev.finetune.api.Answer;
import dev.finetune.api.Columns;
import dev.finetune.api.CsvDialect;
import dev.finetune.api.DataFormat;
import dev.finetune.api.DatasetSpec;
import dev.finetune.api.FailureClass;
import dev.finetune.api.Task;
import dev.finetune.api.run.StageException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** How the files of a data set are read, every default filled in. Columns are names, or numbers where there is no header. */
record ReadSettings(
        DataFormat format,
        char delimiter,
        Optional<Character> quote,
        boolean header,
        Charset encoding,
        String labelSeparator,
        Map<Role, String> columns,
        Answer answer) {
    private static final String LABEL_SEPARATOR = "|";

    /** Reads the spec; InvalidSpec where it asks for something that cannot be. */
    static ReadSettings of(Task task, DatasetSpec spec) {
        DataFormat format = spec.format() == null ? DataFormat.CSV : spec.format();
        CsvDialect csv = spec.csv() == null ? new CsvDialect(null, null, null, null) : spec.csv();
        if (format != DataFormat.CSV && format != DataFormat.TSV && spec.csv() != null) {
            throw invalid("spec.dataset.csv is set, but spec.dataset.format is " + format + ": remove one of them");
        }
        char delimiter = csv.delimiter() == null
                ? (format == DataFormat.TSV ? '\t' : ',')
                : oneCharacter("spec.dataset.csv.delimiter", csv.delimiter());
        Optional<Character> quote = csv.quote() == null
                ? Optional.of('"')
                : csv.quote().equals("None")
                        ? Optional.empty()
                        : Optional.of(oneCharacter("spec.dataset.csv.quote", csv.quote()));
        if (quote.isPresent() && quote.get() == delimiter) {
            throw invalid("spec.dataset.csv.quote and delimiter are the same character: they must differ");
        }
        if (task.ofImages() ? !format.holdsImages() : format == DataFormat.ImageFolder) {
            throw invalid(
                    "spec.dataset.format is " + format + " and spec.task is " + task
                            + ": images are in class folders (ImageFolder), inside of the files (Parquet, HuggingFace) or listed by their paths (CSV, TSV, JSONLines)");
        }
        boolean header = format == DataFormat.CoNLL ? false : csv.header() == null || csv.header();
        Columns given = spec.columns() == null ? new Columns(null, null) : spec.columns();
        Map<Role, String> columns = new EnumMap<>(Role.class);
        Role input = task.answer() == Answer.Tags ? Role.tokens : task.ofImages() ? Role.image : Role.text;
        columns.put(input, column(input, inputColumn(input, given), header));
        if (task.needsPair() || given.textPair() != null) {
            columns.put(Role.textPair, column(Role.textPair, given.textPair(), header));
        }
        Role answer = answerRole(task.answer());
        columns.put(answer, column(answer, answerColumn(task.answer(), given), header));
        if (Set.copyOf(columns.values()).size() < columns.size()) {
            throw invalid("spec.dataset.columns: " + columns + ": these must be different columns");
        }
        if (format == DataFormat.TextFolder && answer == Role.labels) {
            throw invalid("spec.dataset.format is TextFolder, whose folders give each text one label, and task " + task
                    + " is for several: use CSV, JSONLines or Parquet");
        }
        if (task.answer() == Answer.Tags && !format.hasWords()) {
            throw invalid("spec.dataset.format is " + format + ", whose columns hold no lists, and task " + task
                    + " reads lists of tokens and tags: use JSONLines, Parquet, HuggingFace or CoNLL");
        }
        if (task.answer() != Answer.Tags && format == DataFormat.CoNLL) {
            throw invalid("spec.dataset.format is CoNLL, which holds words and their tags, and task is " + task
                    + ": use another format, or task TokenClassification");
        }
        return new ReadSettings(
                format,
                delimiter,
                quote,
                header,
                charset(csv.encoding()),
                labelSeparator(csv.labelSeparator()),
                columns,
                task.answer());
    }

    /** Whether inputs are images. */
    boolean ofImages() {
        return columns.containsKey(Role.image);
    }

    /** The role of the column that the answers stand in. */
    Role answerRole() {
        return answerRole(answer);
    }

    /** The same for answers of a kind. */
    static Role answerRole(Answer answer) {
        return switch (answer) {
            case Label, Number -> Role.label;
            case Labels -> Role.labels;
            case Tags -> Role.tags;
        };
    }

    private static @Nullable String inputColumn(Role input, Columns given) {
        return switch (input) {
            case tokens -> given.tokens();
            case image -> given.image();
            default -> given.text();
        };
    }

    private static @Nullable String answerColumn(Answer answer, Columns given) {
        return switch (answer) {
            case Label, Number -> given.label();
            case Labels -> given.labels();
            case Tags -> given.tags();
        };
    }

    private static String labelSeparator(@Nullable String separator) {
        if (separator != null && separator.isEmpty()) {
            throw invalid(
                    "spec.dataset.csv.labelSeparator is empty: at least one character was expected, such as \";\"");
        }
        return separator == null ? LABEL_SEPARATOR : separator;
    }

    /** The column of a role that the task has. */
    String column(Role role) {
        return Objects.requireNonNull(columns.get(role), role::name);
    }

    private static char oneCharacter(String field, String value) {
        if (value.length() != 1 || value.equals("\n") || value.equals("\r")) {
            throw invalid(field + " is '" + value + "': one character that does not end a line was expected"
                    + (field.endsWith("quote") ? ", or None" : ""));
        }
        return value.charAt(0);
    }

    private static String column(Role role, @Nullable String column, boolean header) {
        if (column == null || column.isEmpty()) {
            if (!header) {
                throw invalid("spec.dataset.columns." + role
                        + " is missing: without a header a zero-based number is needed, such as \"1\"");
            }
            return role.name();
        }
        if (!header && !column.matches("[0-9]{1,4}")) {
            throw invalid(
                    "spec.dataset.columns." + role + " is '" + column
                            + "': without a header (format CoNLL, or spec.dataset.csv.header: false) columns are zero-based numbers, such as \"1\"");
        }
        return column;
    }

    private static Charset charset(@Nullable String name) {
        if (name == null) {
            return StandardCharsets.UTF_8;
        }
        try {
            return Charset.forName(name);
        } catch (IllegalArgumentException e) {
            throw invalid(
                    "spec.dataset.csv.encoding is '" + name
                            + "', which is not a known character set: use for example UTF-8, windows-1252, ISO-8859-1, UTF-16, GB18030, Shift_JIS");
        }
    }

    private static StageException invalid(String message) {
        return new StageException(FailureClass.InvalidSpec, message + ".");
    }
}
