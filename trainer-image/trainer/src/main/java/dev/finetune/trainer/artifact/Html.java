package dev.finetune.trainer.artifact;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Text as HTML: everything that came from data or a spec goes through {@link #escape}. */
final class Html {
    private Html() {}

    /** A text that a browser shows as it is, in content and in quoted attributes; control characters are shown as spaces. */
    static String escape(@Nullable String text) {
        if (text == null) {
            return "";
        }
        StringBuilder escaped = new StringBuilder(text.length() + 16);
        text.codePoints().forEach(c -> {
            switch (c) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                case '\'' -> escaped.append("&#39;");
                default -> escaped.appendCodePoint(Character.isISOControl(c) ? ' ' : c);
            }
        });
        return escaped.toString();
    }

    /** A number with that many digits after the point. */
    static String fixed(double value, int digits) {
        return BigDecimal.valueOf(value)
                .setScale(digits, RoundingMode.HALF_EVEN)
                .toPlainString();
    }

    /** A number as a chart's coordinate. */
    static String at(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }

    /** A decimal string of the API with three digits after the point; a dash where there is none. */
    static String decimal(@Nullable String value) {
        return value == null ? "–" : fixed(Double.parseDouble(value), 3);
    }

    /** As {@link #decimal}, with its sign. */
    static String signed(@Nullable String value) {
        if (value == null) {
            return "–";
        }
        String shown = decimal(value);
        return shown.startsWith("-") ? "−" + shown.substring(1) : "+" + shown;
    }

    static String share(@Nullable Double share) {
        return share == null ? "–" : fixed(share * 100, 1) + " %";
    }

    /** A share as percent without needless digits: {@code 95 %}. */
    static String percent(double share) {
        BigDecimal percent = BigDecimal.valueOf(share * 100).setScale(1, RoundingMode.HALF_EVEN);
        return percent.stripTrailingZeros().toPlainString() + " %";
    }

    /** A share from 0 to 1 as three digits after the point; a dash where there is none. */
    static String number(@Nullable Double value) {
        return value == null ? "–" : fixed(value, 3);
    }

    /** A whole number with thin spaces between thousands. */
    static String count(long value) {
        return String.format(Locale.ROOT, "%,d", value).replace(',', '\u202f');
    }

    static String bytes(long bytes) {
        return bytes < 1_000_000 ? fixed(bytes / 1e3, 0) + " kB" : fixed(bytes / 1e6, 1) + " MB";
    }

    static String seconds(double seconds) {
        if (seconds < 90) {
            return fixed(seconds, seconds < 10 ? 1 : 0) + " s";
        }
        return seconds < 5400 ? fixed(seconds / 60, 1) + " min" : fixed(seconds / 3600, 1) + " h";
    }

    /** A picture that is a data: URI. */
    static String picture(String uri) {
        return "<img alt=\"\" src=\"" + escape(uri) + "\">";
    }

    static String pill(String style, String text) {
        return "<span class=\"pill " + style + "\">" + escape(text) + "</span>";
    }

    static String section(String title, String body) {
        return "<section><h2>" + escape(title) + "</h2>" + body + "</section>\n";
    }

    /** A table whose cells are HTML; heads that start with # are numbers, aligned to the right. */
    static String table(List<String> heads, List<List<String>> rows) {
        StringBuilder html = new StringBuilder("<div class=\"scroll\"><table><thead><tr>");
        for (String head : heads) {
            html.append(head.startsWith("#") ? "<th class=\"n\">" : "<th>")
                    .append(escape(head.replaceFirst("^#", "")))
                    .append("</th>");
        }
        html.append("</tr></thead><tbody>");
        for (List<String> row : rows) {
            html.append("<tr>");
            for (int c = 0; c < row.size(); c++) {
                html.append(heads.get(c).startsWith("#") ? "<td class=\"n\">" : "<td>")
                        .append(row.get(c))
                        .append("</td>");
            }
            html.append("</tr>");
        }
        return html.append("</tbody></table></div>").toString();
    }
}
