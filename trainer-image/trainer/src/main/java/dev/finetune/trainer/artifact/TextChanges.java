package dev.finetune.trainer.artifact;

/** What became of a text, word by word: what is new is {@code ins}, what is gone {@code del}, by the longest words that both have in common in their order. */
final class TextChanges {
    private final String[] before;
    private final String[] after;

    /** How many words the rests from two places on have in common. */
    private final int[][] common;

    private TextChanges(String[] before, String[] after) {
        this.before = before;
        this.after = after;
        this.common = new int[before.length + 1][after.length + 1];
        for (int i = before.length - 1; i >= 0; i--) {
            for (int j = after.length - 1; j >= 0; j--) {
                common[i][j] = before[i].equals(after[j])
                        ? common[i + 1][j + 1] + 1
                        : Math.max(common[i + 1][j], common[i][j + 1]);
            }
        }
    }

    /** As HTML. */
    static String html(String before, String after) {
        return new TextChanges(words(before), words(after)).html();
    }

    private static String[] words(String text) {
        return text.isBlank() ? new String[0] : text.strip().split("\\s+");
    }

    private String html() {
        StringBuilder html = new StringBuilder();
        int i = 0;
        int j = 0;
        while (i < before.length || j < after.length) {
            if (i < before.length && j < after.length && before[i].equals(after[j])) {
                html.append(Html.escape(before[i++])).append(' ');
                j++;
            } else if (i < before.length && (j == after.length || common[i + 1][j] >= common[i][j + 1])) {
                html.append("<del>").append(Html.escape(before[i++])).append("</del> ");
            } else {
                html.append("<ins>").append(Html.escape(after[j++])).append("</ins> ");
            }
        }
        return html.toString().strip();
    }
}
