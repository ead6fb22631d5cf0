package dev.finetune.trainer.transform;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.api.TextPreprocessing;
import dev.finetune.api.UnicodeForm;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TextCleanerTest {
    private static final TextPreprocessing OFF = new TextPreprocessing(null, null, null, null);
    private static final TextPreprocessing HTML = new TextPreprocessing(true, null, null, null);

    @Test
    void leavesTheTextAloneWhenNothingIsAsked() {
        assertThat(TextCleaner.clean("A&amp;B e\u0301", OFF)).isEqualTo("A&amp;B e\u0301");
    }

    @ParameterizedTest
    @CsvSource({
        "I&#039;m,I'm",
        "a&#x27;b&#X27;c,a'b'c",
        "&lt;b&gt; &amp; &quot;q&quot; &apos;,<b> & \"q\" '",
        "fish &amp chips,fish & chips",
        "AT&T R&D &unknown; &,AT&T R&D &unknown; &",
        "&hellip;&eacute;&NotEqualTilde;,…é≂̸",
        "&#128512;,😀",
        "&#150;,–",
        "<p>kept</p>,<p>kept</p>",
        "&amp;lt;,&lt;",
    })
    void decodesCharacterReferencesAsBrowsersDo(String raw, String expected) {
        assertThat(TextCleaner.clean(raw, HTML)).isEqualTo(expected);
    }

    @Test
    void survivesImpossibleCharacterReferences() {
        assertThat(TextCleaner.clean("&#0; &#xD800; &#99999999999; &#; &#x;", HTML))
                .contains("&#;", "&#x;");
    }

    @Test
    void decodesBeforeItNormalisesAndNormalisesBeforeItLowers() {
        TextPreprocessing all = new TextPreprocessing(true, UnicodeForm.NFKC, true, null);
        assertThat(TextCleaner.clean("E&#x301; &#xFB01;T \u212B", all)).isEqualTo("\u00e9 fit \u00e5");
    }

    @Test
    void lowersTheSameInEveryLocale() {
        TextPreprocessing lower = new TextPreprocessing(null, UnicodeForm.None, true, null);
        assertThat(TextCleaner.clean("TITLE \u0130", lower)).isEqualTo("title i\u0307");
    }
}
