package dev.finetune.trainer.transform;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * A text cut at white space, to be changed word by word and put together again; what is not changed stays as it was, character by
 * character. A word is a piece with a letter or a digit in it; the punctuation around it is not part of it. For use by one thread.
 */
final class SpacedText {
    private final List<String> pieces = new ArrayList<>();

    /** The white space before each piece and after the last. */
    private final List<String> gaps = new ArrayList<>();

    SpacedText(String text) {
        int at = 0;
        while (true) {
            int begin = skip(text, at, true);
            gaps.add(text.substring(at, begin));
            if (begin == text.length()) {
                return;
            }
            at = skip(text, begin, false);
            pieces.add(text.substring(begin, at));
        }
    }

    private static int skip(String text, int from, boolean space) {
        int i = from;
        while (i < text.length() && isSpace(text.codePointAt(i)) == space) {
            i += Character.charCount(text.codePointAt(i));
        }
        return i;
    }

    private static boolean isSpace(int c) {
        return Character.isWhitespace(c) || Character.isSpaceChar(c);
    }

    /** The places of the words among the pieces, in their order. */
    List<Integer> words() {
        return IntStream.range(0, pieces.size())
                .filter(i -> pieces.get(i).codePoints().anyMatch(Character::isLetterOrDigit))
                .boxed()
                .toList();
    }

    /** How many pieces there are. */
    int size() {
        return pieces.size();
    }

    /** The word at a place of {@link #words}, without the punctuation around it. */
    String word(int place) {
        String piece = pieces.get(place);
        return piece.substring(begin(piece), end(piece));
    }

    /** Puts another word there; the punctuation around it stays. */
    void set(int place, String word) {
        String piece = pieces.get(place);
        pieces.set(place, piece.substring(0, begin(piece)) + word + piece.substring(end(piece)));
    }

    /** Puts another word there, in capitals where the word of now is. */
    void replace(int place, String word) {
        set(place, cased(word, word(place)));
    }

    private static String cased(String word, String like) {
        int first = like.codePointAt(0);
        if (!Character.isUpperCase(first)) {
            return word;
        }
        boolean all = like.codePointCount(0, like.length()) > 1 && like.equals(like.toUpperCase(Locale.ROOT));
        int length = all ? word.length() : Character.charCount(word.codePointAt(0));
        return word.substring(0, length).toUpperCase(Locale.ROOT) + word.substring(length);
    }

    /** Exchanges two words. */
    void swap(int place, int other) {
        String kept = word(place);
        set(place, word(other));
        set(other, kept);
    }

    /** Puts a word in front of the piece at that place, or behind all where there is none. */
    void insert(int place, String word) {
        pieces.add(place, word);
        if (place + 1 == pieces.size()) {
            gaps.add(place, " ");
        } else {
            gaps.add(place + 1, " ");
        }
    }

    /** Leaves out the pieces at these places, which run upwards. */
    void remove(List<Integer> places) {
        List<Integer> downwards = new ArrayList<>(places);
        Collections.reverse(downwards);
        for (int place : downwards) {
            pieces.remove(place);
            gaps.remove(place == pieces.size() ? place : place + 1);
        }
    }

    /** The text as it is now. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(gaps.getFirst());
        for (int i = 0; i < pieces.size(); i++) {
            text.append(pieces.get(i)).append(gaps.get(i + 1));
        }
        return text.toString();
    }

    private static int begin(String piece) {
        int i = 0;
        while (!Character.isLetterOrDigit(piece.codePointAt(i))) {
            i += Character.charCount(piece.codePointAt(i));
        }
        return i;
    }

    /** Behind the last letter or digit and its accents and vowel signs, which are characters of their own in many scripts. */
    private static int end(String piece) {
        int i = piece.length();
        while (!Character.isLetterOrDigit(piece.codePointBefore(i))) {
            i -= Character.charCount(piece.codePointBefore(i));
        }
        while (i < piece.length() && isMark(piece.codePointAt(i))) {
            i += Character.charCount(piece.codePointAt(i));
        }
        return i;
    }

    private static boolean isMark(int c) {
        int type = Character.getType(c);
        return type == Character.NON_SPACING_MARK
                || type == Character.COMBINING_SPACING_MARK
                || type == Character.ENCLOSING_MARK;
    }
}
