package dev.finetune.trainer.transform;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WordsTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '#',
            value = {
                "Ada saw New York.;Ada saw New York .",
                "  two\t spaces\u00a0here ;two spaces here",
                "(don't);( don ' t )",
                "$5+tax;$ 5 + tax",
                "e-mail@host.org;e - mail @ host . org",
                "\u6771\u4eac go;\u6771 \u4eac go",
                "\ud83d\ude00 na\u00efve;\ud83d\ude00 na\u00efve",
            })
    void aRawTextIsCutAtWhiteSpaceAndAroundPunctuation(String raw, String expected) {
        Words words = Words.in(raw);

        assertThat(words.input().text()).isEqualTo(expected);
        assertThat(words.text()).isEqualTo(raw);
        assertThat(words.spans())
                .extracting(s -> raw.substring(s.from(), s.to()))
                .containsExactly(expected.split(" "));
    }

    @Test
    void aTextOfNothingHasNoWords() {
        assertThat(Words.in(" \n ").spans()).isEmpty();
        assertThat(Words.in("").input().text()).isEmpty();
        assertThat(Words.split("")).isEmpty();
    }

    @Test
    void wordsThatAreCutAlreadyStayWhatTheyAre() {
        Words words = Words.of(List.of("don't", "e-mail", "\u00a0"));

        assertThat(words.text()).isEqualTo("don't e-mail \u00a0");
        assertThat(words.spans()).containsExactly(new Words.Span(0, 5), new Words.Span(6, 12), new Words.Span(13, 14));
        assertThat(Words.split(words.input().text())).containsExactly("don't", "e-mail", "\u00a0");
    }

    @Property
    void wordsHoldNoSpaceAndAllElseIsSpace(@ForAll String raw) {
        Words words = Words.in(raw);
        StringBuilder rest = new StringBuilder(raw);
        for (int i = words.spans().size() - 1; i >= 0; i--) {
            rest.delete(words.spans().get(i).from(), words.spans().get(i).to());
        }

        assertThat(Words.split(words.input().text())).hasSize(words.spans().size());
        assertThat(rest.toString().codePoints()).allMatch(c -> Character.isWhitespace(c) || Character.isSpaceChar(c));
    }
}
