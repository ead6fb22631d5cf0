package dev.finetune.trainer.serving;

import java.util.List;
import java.util.regex.Pattern;

/**
 * The Markdown of model cards as HTML: headings, paragraphs, lists, tables, fenced code, emphasis, links to http addresses. Everything
 * is escaped first, so that a card can hold no markup of its own. Front matter and images are left out.
 */
final class Markdown {
    private static final Pattern CODE = Pattern.compile("`([^`]+)`");
    private static final Pattern BOLD = Pattern.compile("\\*\\*([^*]+)\\*\\*");
    private static final Pattern LINK = Pattern.compile("\\[([^\\]]+)]\\((https?://[^)\\s]+)\\)");
    /** The one file beside the card that the server has an address for. */
    private static final Pattern REPORT = Pattern.compile("\\[([^\\]]+)]\\(report\\.html\\)");

    private static final Pattern SEPARATOR = Pattern.compile("\\|?[\\s:|-]+\\|?");

    private final List<String> lines;
    private final StringBuilder html = new StringBuilder();
    private int at;

    private Markdown(List<String> lines) {
        this.lines = lines;
    }

    static String toHtml(String markdown) {
        return new Markdown(markdown.lines().toList()).render();
    }

    static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }

    private String render() {
        skipFrontMatter();
        while (at < lines.size()) {
            String line = lines.get(at);
            if (line.isBlank() || line.startsWith("![")) {
                at++;
            } else if (line.startsWith("```")) {
                code();
            } else if (line.startsWith("#")) {
                heading(line);
            } else if (line.startsWith("|")) {
                table();
            } else if (isItem(line)) {
                list();
            } else {
                paragraph();
            }
        }
        return html.toString();
    }

    private void skipFrontMatter() {
        if (!lines.isEmpty() && lines.getFirst().equals("---")) {
            at = 1;
            while (at < lines.size() && !lines.get(at).equals("---")) {
                at++;
            }
            at++;
        }
    }

    private void code() {
        html.append("<pre><code>");
        for (at++; at < lines.size() && !lines.get(at).startsWith("```"); at++) {
            html.append(escape(lines.get(at))).append('\n');
        }
        at++;
        html.append("</code></pre>\n");
    }

    /** One level down: the page's own title is the only h1. */
    private void heading(String line) {
        int level = 0;
        while (level < line.length() && line.charAt(level) == '#') {
            level++;
        }
        String tag = "h" + Math.min(level + 1, 6);
        html.append('<')
                .append(tag)
                .append('>')
                .append(inline(line.substring(level).strip()));
        html.append("</").append(tag).append(">\n");
        at++;
    }

    private void table() {
        html.append("<div class=\"scroll\"><table>\n");
        boolean head =
                at + 1 < lines.size() && SEPARATOR.matcher(lines.get(at + 1)).matches();
        for (int row = 0; at < lines.size() && lines.get(at).startsWith("|"); at++, row++) {
            if (row == 1 && head) {
                continue;
            }
            String cell = row == 0 && head ? "th" : "td";
            html.append("<tr>");
            for (String text : cells(lines.get(at))) {
                html.append('<')
                        .append(cell)
                        .append('>')
                        .append(inline(text))
                        .append("</")
                        .append(cell)
                        .append('>');
            }
            html.append("</tr>\n");
        }
        html.append("</table></div>\n");
    }

    private static List<String> cells(String line) {
        String inner = line.strip().replaceFirst("^\\|", "").replaceFirst("\\|$", "");
        return Pattern.compile("(?<!\\\\)\\|")
                .splitAsStream(inner)
                .map(c -> c.strip().replace("\\|", "|"))
                .toList();
    }

    private static boolean isItem(String line) {
        return line.startsWith("- ") || line.startsWith("* ");
    }

    private void list() {
        html.append("<ul>\n");
        for (; at < lines.size() && isItem(lines.get(at)); at++) {
            html.append("<li>").append(inline(lines.get(at).substring(2))).append("</li>\n");
        }
        html.append("</ul>\n");
    }

    private void paragraph() {
        html.append("<p>");
        for (String space = ""; at < lines.size() && isText(lines.get(at)); at++, space = " ") {
            html.append(space).append(inline(lines.get(at).strip()));
        }
        html.append("</p>\n");
    }

    private static boolean isText(String line) {
        return !line.isBlank()
                && !line.startsWith("```")
                && !line.startsWith("#")
                && !line.startsWith("|")
                && !isItem(line);
    }

    private static String inline(String text) {
        String safe = escape(text);
        safe = CODE.matcher(safe).replaceAll("<code>$1</code>");
        safe = BOLD.matcher(safe).replaceAll("<strong>$1</strong>");
        safe = REPORT.matcher(safe).replaceAll("<a href=\"report\">$1</a>");
        return LINK.matcher(safe).replaceAll("<a href=\"$2\" rel=\"noopener noreferrer\">$1</a>");
    }
}
