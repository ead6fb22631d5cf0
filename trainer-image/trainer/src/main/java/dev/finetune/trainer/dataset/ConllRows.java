package dev.finetune.trainer.dataset;

import java.io.IOException;
import java.io.Reader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The rows of a file as the shared tasks of CoNLL have it: one word a line, with its tag in another column, and an empty line after each text. Columns stand
 * between tabs where a line has one, else between runs of white space. Lines of {@code -DOCSTART-} part documents and are no words.
 */
final class ConllRows implements RowReader {
    private static final String DOCUMENT = "-DOCSTART-";

    private final ReadSettings settings;
    private final Lines lines;
    private final int tokenColumn;
    private final int tagColumn;

    ConllRows(Reader reader, ReadSettings settings) {
        this.settings = settings;
        this.lines = new Lines(reader);
        this.tokenColumn = Integer.parseInt(settings.column(Role.tokens));
        this.tagColumn = Integer.parseInt(settings.column(Role.tags));
    }

    @Override
    public Optional<Row> next() throws IOException {
        List<String> tokens = new ArrayList<>();
        List<String> tags = new ArrayList<>();
        Optional<String> problem = Optional.empty();
        long first = 0;
        long length = 0;
        while (lines.next()) {
            String line = lines.text();
            boolean words = !line.isBlank() && !line.startsWith(DOCUMENT);
            if (!words && first > 0) {
                break;
            }
            if (!words) {
                continue;
            }
            first = first == 0 ? lines.number() : first;
            length += line.length();
            if (length > MAX_ROW_LENGTH || lines.isTooLong()) {
                problem = Optional.of("the text that begins there is longer than " + MAX_ROW_LENGTH + " characters");
            } else if (problem.isEmpty()) {
                problem = add(line, tokens, tags);
            }
        }
        if (first == 0) {
            return Optional.empty();
        }
        long at = first;
        return Optional.of(problem.<Row>map(p -> new Row.Broken(at, p))
                .orElseGet(() ->
                        Row.of(at, settings, Map.of(Role.tokens, TextList.of(tokens), Role.tags, TextList.of(tags)))));
    }

    /** What is wrong with a line, if anything is. */
    private Optional<String> add(String line, List<String> tokens, List<String> tags) {
        String text = line.strip();
        String[] fields = text.indexOf('\t') >= 0 ? text.split("\t", -1) : text.split("\\s+");
        int needed = Math.max(tokenColumn, tagColumn);
        if (fields.length <= needed) {
            return Optional.of("line " + lines.number() + " has "
                    + (fields.length == 1 ? "the column 0 alone" : "the columns 0 to " + (fields.length - 1)) + ", and "
                    + needed + " is needed (spec.dataset.columns." + (needed == tagColumn ? Role.tags : Role.tokens)
                    + ")");
        }
        tokens.add(fields[tokenColumn].strip());
        tags.add(fields[tagColumn].strip());
        return Optional.empty();
    }

    @Override
    public void close() throws IOException {
        lines.close();
    }
}
