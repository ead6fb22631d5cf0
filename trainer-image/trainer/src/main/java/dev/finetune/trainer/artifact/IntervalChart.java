package dev.finetune.trainer.artifact;

import dev.finetune.api.BaselineResult;
import dev.finetune.api.MetricResult;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** How much better than each baseline, with its interval, against a line at zero: one inline SVG. */
final class IntervalChart {
    private static final double WIDTH = 600;
    private static final double NAMES = 140;
    private static final double RIGHT = WIDTH - 96;
    private static final double ROW = 34;

    private IntervalChart() {}

    static String of(MetricResult metric) {
        List<BaselineResult> rows = Objects.requireNonNullElse(metric.baselines(), List.<BaselineResult>of()).stream()
                .filter(b -> b.delta() != null && b.low() != null && b.high() != null)
                .toList();
        if (rows.isEmpty()) {
            return "";
        }
        double low =
                Math.min(0, rows.stream().mapToDouble(b -> value(b.low())).min().orElse(0));
        double high = Math.max(
                0, rows.stream().mapToDouble(b -> value(b.high())).max().orElse(0));
        double room = Math.max((high - low) * 0.06, 1e-4);
        Scale scale = new Scale(low - room, high + room);
        double height = rows.size() * ROW + 22;
        StringBuilder svg = new StringBuilder("<svg class=\"intervals\" viewBox=\"0 0 " + Html.at(WIDTH) + " "
                + Html.at(height) + "\" role=\"img\" aria-label=\"difference to each baseline\">");
        svg.append("<line class=\"axis\" x1=\"" + Html.at(scale.x(0)) + "\" y1=\"4\" x2=\"" + Html.at(scale.x(0))
                + "\" y2=\""
                + Html.at(height - 18) + "\"/><text x=\"" + Html.at(scale.x(0)) + "\" y=\"" + Html.at(height - 5)
                + "\" text-anchor=\"middle\">equal</text>");
        for (int i = 0; i < rows.size(); i++) {
            row(svg, rows.get(i), scale, 4 + ROW * (i + 0.5));
        }
        return svg.append("</svg>").toString();
    }

    private static void row(StringBuilder svg, BaselineResult baseline, Scale scale, double y) {
        String name = String.valueOf(baseline.name());
        double from = scale.x(value(baseline.low()));
        double to = scale.x(value(baseline.high()));
        svg.append("<text class=\"ink\" x=\"0\" y=\"" + Html.at(y + 4) + "\">than " + Html.escape(name) + "</text>");
        svg.append("<line class=\"s0\" stroke-width=\"7\" stroke-linecap=\"round\" opacity=\".3\" x1=\"" + Html.at(from)
                + "\" x2=\"" + Html.at(to) + "\" y1=\"" + Html.at(y) + "\" y2=\"" + Html.at(y) + "\"/>");
        svg.append("<circle class=\"f0\" r=\"5\" cx=\"" + Html.at(scale.x(value(baseline.delta()))) + "\" cy=\""
                + Html.at(y) + "\"/>");
        svg.append("<text class=\"strong\" text-anchor=\"end\" x=\"" + Html.at(WIDTH) + "\" y=\"" + Html.at(y + 4)
                + "\">" + Html.signed(baseline.delta()) + "</text>");
    }

    private static double value(@Nullable String decimal) {
        return decimal == null ? 0 : Double.parseDouble(decimal);
    }

    private record Scale(double low, double high) {
        double x(double value) {
            return NAMES + 16 + (value - low) / (high - low) * (RIGHT - NAMES - 16);
        }
    }
}
