package dev.finetune.trainer.artifact;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** A confusion matrix as a coloured table: each row by its share, right answers in one colour, wrong ones in another. */
final class HeatMap {
    private static final int DENSE = 12;

    private HeatMap() {}

    static String of(List<String> labels, long[][] matrix) {
        boolean dense = labels.size() > DENSE;
        StringBuilder html = new StringBuilder("<div class=\"scroll\"><table class=\"heat" + (dense ? " dense" : "")
                + "\"><thead><tr><th class=\"row\">is ↓ taken for →</th>");
        labels.forEach(label -> html.append("<th>").append(Html.escape(label)).append("</th>"));
        html.append("</tr></thead><tbody>");
        for (int i = 0; i < matrix.length; i++) {
            long all = Math.max(1, Arrays.stream(matrix[i]).sum());
            html.append("<tr><th class=\"row\">")
                    .append(Html.escape(labels.get(i)))
                    .append("</th>");
            for (int j = 0; j < matrix[i].length; j++) {
                html.append(
                        cell(labels.get(i), labels.get(j), matrix[i][j], (double) matrix[i][j] / all, i == j, dense));
            }
            html.append("</tr>");
        }
        return html.append("</tbody></table></div>").toString();
    }

    private static String cell(String label, String predicted, long count, double share, boolean right, boolean dense) {
        double strength = count == 0 ? 0 : 0.08 + 0.72 * (right ? share : Math.min(1, share * 2));
        String colour = String.format(Locale.ROOT, "rgba(var(--heat%s), %.2f)", right ? "" : "-bad", strength);
        String title = label + " taken for " + predicted + ": " + count + " (" + Html.share(share) + ")";
        String text = count == 0 ? (dense ? "" : "0") : Html.count(count);
        String shown = dense || count == 0 ? text : text + "<small>" + Html.share(share) + "</small>";
        return "<td" + (strength > 0.55 ? " class=\"deep\"" : "") + " style=\"background: " + colour + "\" title=\""
                + Html.escape(title) + "\">" + shown + "</td>";
    }
}
