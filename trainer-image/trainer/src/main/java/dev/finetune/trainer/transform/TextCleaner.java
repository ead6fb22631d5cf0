package dev.finetune.trainer.transform;

import dev.finetune.api.TextPreprocessing;
import dev.finetune.api.UnicodeForm;
import java.text.Normalizer;
import java.util.Locale;
import org.jsoup.parser.Parser;

/**
 * Cleans a raw text before it is tokenised: HTML character references, then the Unicode form, then lower case. The one function
 * that train, evaluate and serve share, so that a model always sees texts as it saw them in training.
 */
public final class TextCleaner {
    private TextCleaner() {}

    /** The cleaned text; a setting that is absent is off. */
    public static String clean(String raw, TextPreprocessing settings) {
        String text = raw;
        if (Boolean.TRUE.equals(settings.unescapeHtml())) {
            // As browsers read text content: named (all of HTML 5) and numeric references, tags left as they are.
            text = Parser.unescapeEntities(text, false);
        }
        UnicodeForm form = settings.normalizeUnicode();
        if (form != null) {
            text = switch (form) {
                case None -> text;
                case NFC -> Normalizer.normalize(text, Normalizer.Form.NFC);
                case NFKC -> Normalizer.normalize(text, Normalizer.Form.NFKC);
            };
        }
        return Boolean.TRUE.equals(settings.lowercase()) ? text.toLowerCase(Locale.ROOT) : text;
    }
}
