package dev.finetune.trainer.serving;

import dev.finetune.trainer.transform.Entity;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The page on which people try the model, with its card; one file that loads nothing from elsewhere. */
final class TryPage {
    private static final String TEMPLATE = template();
    private static final Pattern PLACE = Pattern.compile("\\{\\{(\\w+)}}");

    private static final String IMAGE =
            "<input type=\"file\" id=\"image\" accept=\"image/*\" required aria-label=\"An image\"><img id=\"preview\" alt=\"\" hidden>";

    private TryPage() {}

    static byte[] render(LoadedModel model) {
        LoadedModel.Identity identity = model.identity();
        boolean images = model.shape().images();
        Map<String, String> values = Map.of(
                "name",
                Markdown.escape(identity.name()),
                "version",
                Markdown.escape(identity.version()),
                "digest",
                Markdown.escape(identity.digest()),
                "pair",
                model.shape().pairs() ? "" : "hidden disabled",
                "text",
                images ? "hidden disabled" : "required autofocus",
                "image",
                images ? IMAGE : "",
                "ask",
                images ? "Try an image" : "Try a text",
                "labels",
                Markdown.escape(
                        String.join(", ", model.shape().ofWords() ? Entity.types(model.labels()) : model.labels())),
                "report",
                model.pages().report().length == 0 ? "" : "<a href=\"report\">How it was judged</a>",
                "card",
                Markdown.toHtml(model.pages().card()));
        // One pass, so that nothing in a value is taken for a place.
        return PLACE.matcher(TEMPLATE)
                .replaceAll(m -> Matcher.quoteReplacement(values.getOrDefault(m.group(1), "")))
                .getBytes(StandardCharsets.UTF_8);
    }

    private static String template() {
        try (InputStream in =
                Objects.requireNonNull(TryPage.class.getResourceAsStream("try.html"), "part of the jar")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
