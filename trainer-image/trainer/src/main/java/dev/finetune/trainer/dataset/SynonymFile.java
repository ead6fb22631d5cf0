package dev.finetune.trainer.dataset;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.transform.Thesaurus;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A user's own synonyms, as search engines have them: UTF-8, each line words that mean the same ({@code car, automobile}), or what takes
 * the place of others and not the other way round ({@code auto => car, automobile}). Lines that begin with # are comments.
 */
public final class SynonymFile {
    /** More than any thesaurus has, and less than what fills the memory of prepare; WordNet has 20 MB. */
    public static final long MAX_BYTES = 64L << 20;

    private static final String ARROW = "=>";
    private static final int SHOWN = 5;

    private SynonymFile() {}

    /**
     * Reads all of it.
     *
     * @param name what messages call the file
     * @throws StageException InvalidData, with the lines, what was expected, and what to do
     */
    public static Thesaurus read(String name, Path file) {
        List<Thesaurus.Rule> rules = new ArrayList<>();
        // Counted beyond the first: a file of another kind may be broken in every line.
        List<String> broken = new ArrayList<>();
        int brokenLines = 0;
        try (Lines lines = new Lines(new StrictDecoder(Files.newInputStream(file), StandardCharsets.UTF_8))) {
            while (lines.next()) {
                String line = lines.text().strip();
                if (line.isEmpty() || line.startsWith("#")) {
                    continue;
                }
                try {
                    if (lines.isTooLong()) {
                        throw new BadLine("it is longer than " + RowReader.MAX_ROW_LENGTH + " characters");
                    }
                    rules.add(rule(line));
                } catch (BadLine e) {
                    if (brokenLines++ < SHOWN) {
                        broken.add("line " + lines.number() + ": " + e.getMessage());
                    }
                }
            }
        } catch (IOException e) {
            throw new StageException(FailureClass.InvalidData, name + " cannot be read: " + e.getMessage(), e);
        }
        if (brokenLines > 0) {
            throw invalid(name + ": " + brokenLines + " of " + (rules.size() + brokenLines)
                    + " lines are no synonyms: "
                    + String.join("; ", broken)
                    + (brokenLines > SHOWN ? "; ..." : ""));
        }
        if (rules.isEmpty()) {
            throw invalid(name + " holds no synonyms");
        }
        return Thesaurus.ofRules(rules);
    }

    private static StageException invalid(String what) {
        return new StageException(
                FailureClass.InvalidData,
                what
                        + ". A line was expected to be words that mean the same, as in 'car, automobile', or what takes the place of others, as in 'auto => car, automobile'."
                        + " Correct the file of spec.dataset.thesaurus.");
    }

    private static Thesaurus.Rule rule(String line) throws BadLine {
        if (line.indexOf(StrictDecoder.BROKEN) >= 0) {
            throw new BadLine("it is not valid UTF-8");
        }
        if (line.indexOf('\\') >= 0) {
            throw new BadLine("a backslash is not for this file, whose words hold no comma and no " + ARROW);
        }
        String[] sides = line.split(ARROW, -1);
        if (sides.length > 2) {
            throw new BadLine(ARROW + " stands in it more than once");
        }
        Thesaurus.Rule rule = sides.length == 1
                ? Thesaurus.Rule.same(words(line))
                : new Thesaurus.Rule(words(sides[0]), words(sides[1]));
        if (!rule.saysAnything()) {
            throw new BadLine(
                    sides.length == 1 && rule.words().size() == 1
                            ? "'" + shortened(line) + "' stands alone"
                            : "'" + shortened(line)
                                    + "' gives no single word another one, and texts are looked at word by word");
        }
        return rule;
    }

    private static List<String> words(String side) throws BadLine {
        List<String> words = Stream.of(side.split(",", -1))
                .map(word ->
                        Normalizer.normalize(word.strip(), Normalizer.Form.NFC).replaceAll("\\s+", " "))
                .toList();
        if (words.contains("")) {
            throw new BadLine("a word is missing beside a comma or " + ARROW + " in '" + shortened(side.strip()) + "'");
        }
        return words;
    }

    private static String shortened(String text) {
        return text.codePointCount(0, text.length()) <= 60
                ? text
                : text.substring(0, text.offsetByCodePoints(0, 57)) + "...";
    }

    /** What is wrong with a line. */
    private static final class BadLine extends Exception {
        private static final long serialVersionUID = 1;

        BadLine(String problem) {
            super(problem);
        }
    }
}
