package dev.finetune.trainer.transform;

import java.util.ArrayList;
import java.util.List;

/**
 * A text as words, and where each of them stands in it. A model that tags words is asked about {@link #input}: the words with single spaces between
 * them. So an input is one text in every task, and a word is what stands between two spaces; no word holds one.
 *
 * @param spans in their order, not overlapping
 */
public record Words(String text, List<Span> spans) {
    private static final String BETWEEN = " ";

    /** From the first UTF-16 unit of a word to the one after its last. */
    public record Span(int from, int to) {}

    /** Words that somebody else has cut; the text is all of them with single spaces between. */
    public static Words of(List<String> words) {
        List<Span> spans = new ArrayList<>(words.size());
        int from = 0;
        for (String word : words) {
            spans.add(new Span(from, from + word.length()));
            from += word.length() + BETWEEN.length();
        }
        return new Words(joined(words), List.copyOf(spans));
    }

    /**
     * The words of a raw text as BERT cuts them before its word pieces: at white space, and around every punctuation mark and ideograph, which are words of
     * their own.
     */
    public static Words in(String raw) {
        List<Span> spans = new ArrayList<>();
        int begun = -1;
        for (int i = 0; i < raw.length(); ) {
            int c = raw.codePointAt(i);
            int next = i + Character.charCount(c);
            boolean space = isSpace(c);
            boolean alone = !space && standsAlone(c);
            if (begun >= 0 && (space || alone)) {
                spans.add(new Span(begun, i));
                begun = -1;
            }
            if (alone) {
                spans.add(new Span(i, next));
            } else if (!space && begun < 0) {
                begun = i;
            }
            i = next;
        }
        if (begun >= 0) {
            spans.add(new Span(begun, raw.length()));
        }
        return new Words(raw, List.copyOf(spans));
    }

    private static boolean isSpace(int c) {
        return Character.isWhitespace(c) || Character.isSpaceChar(c);
    }

    private static boolean standsAlone(int c) {
        return switch (Character.getType(c)) {
            case Character.CONNECTOR_PUNCTUATION,
                    Character.DASH_PUNCTUATION,
                    Character.START_PUNCTUATION,
                    Character.END_PUNCTUATION,
                    Character.INITIAL_QUOTE_PUNCTUATION,
                    Character.FINAL_QUOTE_PUNCTUATION,
                    Character.OTHER_PUNCTUATION -> true;
            // Of ASCII's symbols BERT takes all for punctuation.
            default -> "$+<=>^`|~".indexOf(c) >= 0 || Character.isIdeographic(c);
        };
    }

    /** What a model is asked. */
    public TextInput input() {
        return TextInput.of(
                joined(spans.stream().map(s -> text.substring(s.from(), s.to())).toList()));
    }

    /** Words as one text. */
    public static String joined(List<String> words) {
        return String.join(BETWEEN, words);
    }

    /** The words of such a text. */
    public static List<String> split(String joined) {
        return joined.isEmpty() ? List.of() : List.of(joined.split(BETWEEN, -1));
    }
}
