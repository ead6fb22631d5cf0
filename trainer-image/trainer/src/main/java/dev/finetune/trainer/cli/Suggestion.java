package dev.finetune.trainer.cli;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;

/** What somebody who mistyped a word may have meant. */
final class Suggestion {
    private Suggestion() {}

    /** {@code "; did you mean X?"} where a known word is near, otherwise the whole list where it is short. */
    static String among(Collection<String> known, String word) {
        String lower = word.toLowerCase(Locale.ROOT);
        return known.stream()
                .min(Comparator.comparingInt((String k) -> distance(k.toLowerCase(Locale.ROOT), lower))
                        .thenComparing(Comparator.naturalOrder()))
                .filter(k -> distance(k.toLowerCase(Locale.ROOT), lower) <= Math.max(1, word.length() / 3))
                .map(k -> "; did you mean " + k + "?")
                .orElseGet(() -> "; known here: "
                        + String.join(", ", known.stream().sorted().toList()));
    }

    /** Levenshtein's distance: insertions, deletions and replacements. */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(diagonal, row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
