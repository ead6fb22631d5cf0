package dev.finetune.trainer.transform;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.api.TextPreprocessing;
import dev.finetune.trainer.transform.TextAugmentation.RandomDeletion;
import dev.finetune.trainer.transform.TextAugmentation.RandomInsertion;
import dev.finetune.trainer.transform.TextAugmentation.RandomSwap;
import dev.finetune.trainer.transform.TextAugmentation.SentenceShuffle;
import dev.finetune.trainer.transform.TextAugmentation.SynonymReplacement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TextAugmentationTest {
    private static final Thesaurus THESAURUS = Thesaurus.of(
            List.of(List.of("big", "large", "huge"), List.of("fast", "quick"), List.of("car", "motor car")));
    private static final TextPreprocessing AS_IS = new TextPreprocessing(null, null, null, null);
    private static final String TEN = "w0 w1 w2 w3 w4 w5 w6 w7 w8 w9";

    static Stream<TextAugmentation> all() {
        return Stream.of(
                new SynonymReplacement(0.5, THESAURUS),
                new RandomInsertion(0.5, THESAURUS),
                new RandomDeletion(0.5),
                new RandomSwap(0.5),
                new SentenceShuffle(1));
    }

    @ParameterizedTest
    @MethodSource("all")
    void a_text_without_words_stays_as_it_is(TextAugmentation step) {
        for (String text : List.of("", " ", "\t\n", "!?", " ... - ")) {
            assertThat(step.apply(text, new SplittableRandom(1))).isEqualTo(text);
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    void one_word_without_synonyms_stays_as_it_is(TextAugmentation step) {
        for (int seed = 0; seed < 50; seed++) {
            assertThat(step.apply(" Alone! ", new SplittableRandom(seed))).isEqualTo(" Alone! ");
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    void what_is_drawn_comes_from_the_generator_alone(TextAugmentation step) {
        String text = "A big car, a fast car. It is large! Is it quick?";
        List<String> once = drawn(step, text, 30);
        assertThat(drawn(step, text, 30)).isEqualTo(once);
        assertThat(once.stream().distinct().count()).isGreaterThan(3);
    }

    @Test
    void a_share_of_zero_changes_nothing() {
        String text = "A big car. A fast car.";
        for (TextAugmentation step : List.of(
                new SynonymReplacement(0, THESAURUS),
                new RandomInsertion(0, THESAURUS),
                new RandomDeletion(0),
                new RandomSwap(0),
                new SentenceShuffle(0))) {
            assertThat(drawn(step, text, 20)).containsOnly(text);
        }
    }

    /** EDA: n = floor(alpha x words), at least one. */
    @ParameterizedTest
    @ValueSource(
            strings = {"0.1 10 1", "0.1 19 1", "0.1 20 2", "0.05 10 1", "0.29 100 29", "0.3 10 3", "1 7 7", "0.01 3 1"})
    void as_many_words_are_replaced_as_the_share_says(String line) {
        String[] numbers = line.split(" ");
        double share = Double.parseDouble(numbers[0]);
        int words = Integer.parseInt(numbers[1]);
        String text = String.join(" ", java.util.Collections.nCopies(words, "fast"));
        for (String changed : drawn(new SynonymReplacement(share, THESAURUS), text, 20)) {
            assertThat(Arrays.stream(changed.split(" ")).filter("quick"::equals).count())
                    .isEqualTo(Integer.parseInt(numbers[2]));
        }
        for (String changed : drawn(new RandomInsertion(share, THESAURUS), text, 20)) {
            assertThat(Arrays.stream(changed.split(" ")).filter("quick"::equals).count())
                    .isEqualTo(Integer.parseInt(numbers[2]));
        }
    }

    @Test
    void only_words_with_synonyms_are_replaced_and_each_synonym_is_drawn_alike() {
        Map<String, Integer> seen = new HashMap<>();
        for (String changed : drawn(new SynonymReplacement(1, THESAURUS), "the big unknown, (Fast) BIG dog", 2000)) {
            assertThat(changed).matches("the (large|huge) unknown, \\(Quick\\) (LARGE|HUGE) dog");
            seen.merge(changed.split(" ")[1], 1, Integer::sum);
        }
        assertThat(seen.get("large")).isBetween(900, 1100);
    }

    @Test
    void an_inserted_word_means_the_same_as_one_of_the_text_and_stands_anywhere() {
        List<String> changed = drawn(new RandomInsertion(0.1, THESAURUS), "a big\n b car", 500);
        assertThat(changed.stream().distinct())
                .containsExactlyInAnyOrder(
                        "large a big\n b car",
                        "a large big\n b car",
                        "a big\n large b car",
                        "a big\n b large car",
                        "a big\n b car large",
                        "huge a big\n b car",
                        "a huge big\n b car",
                        "a big\n huge b car",
                        "a big\n b huge car",
                        "a big\n b car huge",
                        "motor car a big\n b car",
                        "a motor car big\n b car",
                        "a big\n motor car b car",
                        "a big\n b motor car car",
                        "a big\n b car motor car");
    }

    @Test
    void each_word_is_deleted_by_its_chance_and_never_all_of_them() {
        int left = 0;
        for (String changed : drawn(new RandomDeletion(0.3), TEN, 1000)) {
            left += changed.split(" ").length;
            assertThat(TEN.split(" ")).containsSubsequence(changed.split(" "));
        }
        assertThat(left).isBetween(6800, 7200);
        assertThat(drawn(new RandomDeletion(1), "a, b - c!", 200).stream().distinct())
                .containsExactlyInAnyOrder("a, -", "b -", "- c!");
    }

    @Test
    void words_change_places_and_punctuation_stays() {
        assertThat(drawn(new RandomSwap(0.1), "one, (two) three!", 200).stream().distinct())
                .containsExactlyInAnyOrder("two, (one) three!", "three, (two) one!", "one, (three) two!");
    }

    @Property(tries = 200)
    void a_swap_keeps_the_words(@ForAll @IntRange(min = 2, max = 60) int words, @ForAll long seed) {
        String text = IntStream.range(0, words).mapToObj(i -> "w" + i).collect(Collectors.joining(" "));
        String changed = new RandomSwap(0.2).apply(text, new SplittableRandom(seed));
        assertThat(changed.split(" ")).containsExactlyInAnyOrder(text.split(" "));
        long moved = IntStream.range(0, words)
                .filter(i -> !changed.split(" ")[i].equals("w" + i))
                .count();
        assertThat(moved).isLessThanOrEqualTo(2L * Math.max(1, words / 5));
    }

    @Test
    void sentences_stand_in_every_order_and_as_often_changed_as_the_chance_says() {
        String text = " One is first.  Two follows! And three?\n";
        List<String> changed = drawn(new SentenceShuffle(1), text, 600);
        Map<String, Long> orders =
                changed.stream().collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
        assertThat(orders).hasSize(6).containsKey(" Two follows!  And three? One is first.\n");
        assertThat(orders.values()).allSatisfy(count -> assertThat(count).isBetween(60L, 140L));
        long shuffled = drawn(new SentenceShuffle(0.3), text, 1000).stream()
                .filter(t -> !t.equals(text))
                .count();
        assertThat(shuffled).isBetween(200L, 300L);
        assertThat(drawn(new SentenceShuffle(1), "Only one sentence.", 20)).containsOnly("Only one sentence.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "  lead", "trail \n", "a\u00a0b", "x\t\ty", "\ud83d\ude00 smile \ud83d\ude00"})
    void what_is_not_changed_stays_character_by_character(String text) {
        assertThat(new SpacedText(text).toString()).isEqualTo(text);
        assertThat(new RandomSwap(0).apply(text, new SplittableRandom(1))).isEqualTo(text);
    }

    @Test
    void what_an_example_becomes_depends_on_seed_epoch_and_example_alone() {
        TextInput pair = new TextInput("a big car and a fast car", "a quick look at a large house");
        TextAugmentations augmentations = new TextAugmentations(all().toList(), 7);
        List<TextInput> inOrder = IntStream.range(0, 64)
                .mapToObj(i -> augmentations.apply(pair, AS_IS, 3, i))
                .toList();
        List<TextInput> inParallel = IntStream.range(0, 64)
                .parallel()
                .mapToObj(i -> augmentations.apply(pair, AS_IS, 3, i))
                .toList();
        assertThat(inParallel).isEqualTo(inOrder);
        assertThat(inOrder.stream().distinct().count()).isGreaterThan(60);
        assertThat(inOrder)
                .noneMatch(t -> t.text().equals(pair.text()) || pair.textPair().equals(t.textPair()));
        assertThat(augmentations.apply(pair, AS_IS, 4, 0)).isNotEqualTo(inOrder.getFirst());
        assertThat(new TextAugmentations(all().toList(), 8).apply(pair, AS_IS, 3, 0))
                .isNotEqualTo(inOrder.getFirst());
    }

    @Test
    void texts_are_cleaned_before_they_change_and_stay_in_lower_case() {
        Thesaurus capitals = Thesaurus.of(List.of(List.of("scan", "CAT scan"), List.of("amp", "ampere")));
        TextAugmentations replace = new TextAugmentations(List.of(new SynonymReplacement(1, capitals)), 1);
        TextPreprocessing cleaning = new TextPreprocessing(true, null, true, null);

        assertThat(replace.apply(TextInput.of("The SCAN &amp; more"), cleaning, 0, 0))
                .isEqualTo(TextInput.of("the cat scan & more"));
    }

    @Test
    void wordnet_knows_what_english_words_mean() {
        long start = System.nanoTime();
        Thesaurus english = Thesaurus.english();
        System.out.printf("WordNet: %d words in %.2f s%n", english.size(), (System.nanoTime() - start) / 1e9);

        assertThat(english.size()).isGreaterThan(30_000);
        assertThat(english.synonyms("car")).contains("automobile", "motorcar").doesNotContain("car");
        assertThat(english.synonyms("Quickly")).contains("rapidly", "speedily");
        assertThat(english.synonyms("big")).contains("large");
        assertThat(english.synonyms("galore"))
                .allSatisfy(word -> assertThat(word).doesNotContain("("));
        assertThat(english.synonyms("computer")).contains("computing machine");
        for (String word : List.of("the", "in", "a", "it", "was", "qwxzy", "")) {
            assertThat(english.synonyms(word)).as(word).isEmpty();
        }
    }

    @Test
    void german_words_become_others_in_the_case_of_their_place() {
        Thesaurus german = Thesaurus.ofRules(List.of(
                Thesaurus.Rule.same(List.of("Auto", "Wagen")),
                Thesaurus.Rule.same(List.of("schnell", "z\u00fcgig")),
                new Thesaurus.Rule(List.of("toll"), List.of("sehr gut"))));
        SynonymReplacement replace = new SynonymReplacement(1, german);

        assertThat(drawn(replace, "Das Auto ist schnell, TOLL!", 3))
                .containsOnly("Das Wagen ist z\u00fcgig, SEHR GUT!");
        assertThat(drawn(replace, "Zu\u0308gig? Ein \u201eWagen\u201c: sehr gut.", 3))
                .containsOnly("Schnell? Ein \u201eAuto\u201c: sehr gut.");
        assertThat(german.knowsAWordOf("Mit dem AUTO.")).isTrue();
        assertThat(german.knowsAWordOf("Autobahn, sehr gut!")).isFalse();
    }

    /** Vowel signs and accents may be characters of their own, and the last of a word. */
    @Test
    void a_word_ends_behind_its_vowel_signs() {
        Thesaurus hindi = Thesaurus.of(List.of(List.of("\u0917\u093e\u0921\u093c\u0940", "\u0915\u093e\u0930")));
        String text = "\u092e\u0947\u0930\u0940 \u0917\u093e\u0921\u093c\u0940!";

        assertThat(drawn(new SynonymReplacement(1, hindi), text, 3))
                .containsOnly("\u092e\u0947\u0930\u0940 \u0915\u093e\u0930!");
        assertThat(drawn(new RandomSwap(0.1), text, 3))
                .containsOnly("\u0917\u093e\u0921\u093c\u0940 \u092e\u0947\u0930\u0940!");
        assertThat(drawn(new RandomSwap(0.1), "cafe\u0301 ole\u0301!", 3)).containsOnly("ole\u0301 cafe\u0301!");
    }

    private static List<String> drawn(TextAugmentation step, String text, int times) {
        List<String> changed = new ArrayList<>();
        SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < times; i++) {
            changed.add(step.apply(text, random));
        }
        return changed;
    }
}
