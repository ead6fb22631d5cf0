package dev.finetune.trainer.dataset;

import dev.finetune.trainer.transform.TextInput;
import java.util.Arrays;

/**
 * An input as the set of its runs of four characters, for telling how alike two inputs are. Only what carries meaning is looked at:
 * case, white space and punctuation are left out first, so texts that differ in nothing else have the same runs, and so that languages
 * written without spaces need no rule of their own. Both ends are padded, or a change there would count less than one in the middle:
 * one changed character changes four runs wherever it stands.
 *
 * <p>Four UTF-16 units fill a {@code long}: the runs are compared themselves, not hashes of them. Shorter runs are shared by any two
 * long texts of a language, longer ones let one changed word weigh too much in a short text.
 *
 * @param text the different runs of the text, sorted
 * @param pair those of the second text of a pair, empty where there is none
 */
record Shingles(long[] text, long[] pair) {
    private static final int LENGTH = Long.SIZE / Character.SIZE;

    /** How much of a text is looked at, in UTF-16 units: more than the 8,192 tokens that a model can be given. */
    private static final int MOST = 50_000;

    static Shingles of(TextInput input) {
        String pair = input.textPair();
        return new Shingles(runs(input.text()), pair == null ? new long[0] : runs(pair));
    }

    /** How many different runs there are in all. */
    int size() {
        return text.length + pair.length;
    }

    /**
     * The share of common runs among all runs of both (Jaccard's index), from 0 to 1. Of pairs the smaller one of both texts: pairs that
     * share a long first text, as questions about one article do, are different when the second one is.
     */
    double similarity(Shingles other) {
        return Math.min(jaccard(text, other.text), jaccard(pair, other.pair));
    }

    private static double jaccard(long[] a, long[] b) {
        if (a.length == 0 && b.length == 0) {
            return 1;
        }
        int shared = 0;
        int i = 0;
        int j = 0;
        while (i < a.length && j < b.length) {
            int order = Long.compare(a[i], b[j]);
            shared += order == 0 ? 1 : 0;
            i += order <= 0 ? 1 : 0;
            j += order >= 0 ? 1 : 0;
        }
        return (double) shared / (a.length + b.length - shared);
    }

    private static long[] runs(String text) {
        String letters = letters(text);
        if (letters.isEmpty()) {
            return new long[0];
        }
        long[] runs = new long[letters.length() + LENGTH - 1];
        long run = 0;
        for (int i = 0; i < runs.length; i++) {
            run = (run << Character.SIZE) | (i < letters.length() ? letters.charAt(i) : 0);
            runs[i] = run;
        }
        Arrays.sort(runs);
        int different = 1;
        for (int i = 1; i < runs.length; i++) {
            if (runs[i] != runs[different - 1]) {
                runs[different++] = runs[i];
            }
        }
        return Arrays.copyOf(runs, different);
    }

    private static String letters(String text) {
        String normal = ExampleKey.normal(text.substring(0, Math.min(MOST, text.length())));
        StringBuilder letters = new StringBuilder(normal.length());
        normal.codePoints().filter(Shingles::carriesMeaning).forEach(letters::appendCodePoint);
        return letters.toString();
    }

    /** Letters, marks, digits, and symbols: emoji and currencies say something. */
    private static boolean carriesMeaning(int character) {
        return switch (Character.getType(character)) {
            case Character.SPACE_SEPARATOR,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.CONTROL,
                    Character.FORMAT,
                    Character.CONNECTOR_PUNCTUATION,
                    Character.DASH_PUNCTUATION,
                    Character.START_PUNCTUATION,
                    Character.END_PUNCTUATION,
                    Character.INITIAL_QUOTE_PUNCTUATION,
                    Character.FINAL_QUOTE_PUNCTUATION,
                    Character.OTHER_PUNCTUATION -> false;
            default -> true;
        };
    }
}
