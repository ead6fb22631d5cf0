package dev.finetune.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.trainer.transform.TextInput;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ShinglesTest {
    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '"',
            value = {
                "How do I activate my card?, HOW do I  activate my card!!",
                "free entry in a weekly competition, Free-entry: in a weekly 'competition'",
                "It can't be the last one, it cant be the last one",
            })
    void caseSpacesAndPunctuationDoNotCount(String one, String other) {
        assertThat(similarity(one, other)).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '"',
            value = {
                // One letter of twenty; a word of ten; two words more.
                "how do I activate my card, how do I activate by card",
                "please tell me when the new card will arrive at home, please tell me when the old card will arrive at home",
                "please tell me when the new card will arrive, please tell me when the new card will arrive at home",
                "我的银行卡还没有收到请问什么时候可以送到我的家里呢, 我的银行卡还没有收到请问什么时候可以送到我的家里吗",
            })
    void whatAPersonWouldCallTheSameIsAlike(String one, String other) {
        assertThat(similarity(one, other)).isBetween(NearPairs.ALIKE, 0.99);
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '"',
            value = {
                // Another question each time, though most of the words are the same.
                "what is my card balance, what is my account balance",
                "how do I activate my card, how do I cancel my card",
                "i want to increase my limit, i want to decrease my limit",
                "change euros into dollars, change dollars into euros",
                "so glad that you came 😀😀😀, so glad that you came 😡😡😡",
            })
    void anotherQuestionIsNot(String one, String other) {
        assertThat(similarity(one, other)).isLessThan(NearPairs.ALIKE);
    }

    @Test
    void whatHasFewDifferentCharactersIsTooShortToTell() {
        assertThat(shingles("Ok!").size()).isLessThan(NearPairs.FEWEST_RUNS);
        assertThat(shingles("ha ".repeat(100)).size()).isLessThan(NearPairs.FEWEST_RUNS);
        assertThat(shingles(" ?! ").size()).isZero();
        assertThat(shingles("how do I activate my card").size()).isEqualTo(NearPairs.FEWEST_RUNS);
    }

    @Test
    void aPairIsAsAlikeAsItsLessAlikeTexts() {
        Shingles one = Shingles.of(new TextInput("The same premise in both.", "And one hypothesis."));
        Shingles other = Shingles.of(new TextInput("the same premise in both", "But another hypothesis."));
        Shingles swapped = Shingles.of(new TextInput("And one hypothesis.", "The same premise in both."));

        assertThat(one.similarity(other))
                .isEqualTo(similarity("And one hypothesis.", "But another hypothesis."))
                .isLessThan(NearPairs.ALIKE);
        assertThat(one.similarity(one)).isEqualTo(1);
        assertThat(one.similarity(swapped)).isLessThan(0.1);
    }

    private static double similarity(String one, String other) {
        return shingles(one).similarity(shingles(other));
    }

    private static Shingles shingles(String text) {
        return Shingles.of(TextInput.of(text));
    }
}
