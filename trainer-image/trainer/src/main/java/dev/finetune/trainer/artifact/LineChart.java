package dev.finetune.trainer.artifact;

import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.stream.DoubleStream;

/** Lines over training steps, as one inline SVG. */
final class LineChart {
    private static final double WIDTH = 480;
    private static final double HEIGHT = 220;
    private static final double LEFT = 44;
    private static final double TOP = 12;
    private static final double RIGHT = WIDTH - 8;
    private static final double BOTTOM = HEIGHT - 26;
    private static final int GRID_LINES = 4;

    /** One line; {@code dots} marks its points, {@code faint} puts it in the background. */
    record Series(String name, int colour, boolean dots, boolean faint, double[] x, double[] y) {}

    private final List<Series> series;
    private final OptionalDouble mark;
    private final double minX;
    private final double maxX;
    private final double minY;
    private final double maxY;

    private LineChart(List<Series> series, OptionalDouble mark) {
        this.series = series;
        this.mark = mark;
        this.minX = 0;
        this.maxX = Math.max(1, all(series, true).max().orElse(1));
        double low = all(series, false).min().orElse(0);
        double high = all(series, false).max().orElse(1);
        double room = Math.max((high - low) * 0.08, 1e-3);
        this.minY = low >= 0 ? Math.max(0, low - room) : low - room;
        this.maxY = high + room;
    }

    /**
     * The chart with its legend.
     *
     * @param mark the step of the best checkpoint
     */
    static String of(String title, List<Series> series, OptionalDouble mark) {
        List<Series> drawn = series.stream().filter(s -> s.x().length > 0).toList();
        return drawn.isEmpty() ? "" : new LineChart(drawn, mark).svg(title);
    }

    private String svg(String title) {
        StringBuilder svg =
                new StringBuilder("<div><h3>" + Html.escape(title) + "</h3><svg viewBox=\"0 0 " + Html.at(WIDTH) + " "
                        + Html.at(HEIGHT) + "\" role=\"img\" aria-label=\"" + Html.escape(title) + "\">");
        grid(svg);
        mark.ifPresent(step -> svg.append(line("best", x(step), TOP, x(step), BOTTOM))
                .append(text(x(step), TOP - 2, x(step) > WIDTH / 2 ? "end" : "start", "best")));
        series.forEach(s -> draw(svg, s));
        svg.append("</svg><div class=\"legend\">");
        for (Series s : series) {
            svg.append("<span><i class=\"b")
                    .append(s.colour())
                    .append("\"></i>")
                    .append(Html.escape(s.name()))
                    .append("</span>");
        }
        return svg.append("</div></div>").toString();
    }

    private void grid(StringBuilder svg) {
        int digits = maxY - minY < 0.05 ? 3 : 2;
        for (int i = 0; i <= GRID_LINES; i++) {
            double value = minY + (maxY - minY) * i / GRID_LINES;
            svg.append(line(i == 0 ? "axis" : "grid", LEFT, y(value), RIGHT, y(value)));
            svg.append(text(LEFT - 6, y(value) + 4, "end", Html.fixed(value, digits)));
            double step = minX + (maxX - minX) * i / GRID_LINES;
            svg.append(text(
                    x(step),
                    HEIGHT - 8,
                    i == GRID_LINES ? "end" : i == 0 ? "start" : "middle",
                    Html.count(Math.round(step))));
        }
    }

    private void draw(StringBuilder svg, Series s) {
        StringBuilder points = new StringBuilder();
        for (int i = 0; i < s.x().length; i++) {
            points.append(Html.at(x(s.x()[i])))
                    .append(',')
                    .append(Html.at(y(s.y()[i])))
                    .append(' ');
        }
        svg.append("<polyline class=\"line s")
                .append(s.colour())
                .append(s.faint() ? " faint" : "")
                .append("\" points=\"")
                .append(points.toString().strip())
                .append("\"/>");
        for (int i = 0; s.dots() && i < s.x().length; i++) {
            svg.append(String.format(
                    Locale.ROOT,
                    "<circle class=\"f%d\" cx=\"%.1f\" cy=\"%.1f\" r=\"3.2\"><title>step %d: %.4f</title></circle>",
                    s.colour(),
                    x(s.x()[i]),
                    y(s.y()[i]),
                    Math.round(s.x()[i]),
                    s.y()[i]));
        }
    }

    private double x(double step) {
        return LEFT + (step - minX) / (maxX - minX) * (RIGHT - LEFT);
    }

    private double y(double value) {
        return BOTTOM - (value - minY) / (maxY - minY) * (BOTTOM - TOP);
    }

    private static DoubleStream all(List<Series> series, boolean x) {
        return series.stream()
                .flatMapToDouble(s -> DoubleStream.of(x ? s.x() : s.y()))
                .filter(Double::isFinite);
    }

    private static String line(String style, double x1, double y1, double x2, double y2) {
        return "<line class=\"" + style + "\" x1=\"" + Html.at(x1) + "\" y1=\"" + Html.at(y1) + "\" x2=\"" + Html.at(x2)
                + "\" y2=\"" + Html.at(y2) + "\"/>";
    }

    private static String text(double x, double y, String anchor, String text) {
        return "<text x=\"" + Html.at(x) + "\" y=\"" + Html.at(y) + "\" text-anchor=\"" + anchor + "\">"
                + Html.escape(text) + "</text>";
    }
}
