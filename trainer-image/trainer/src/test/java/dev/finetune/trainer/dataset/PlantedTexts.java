package dev.finetune.trainer.dataset;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Random texts of words that are as unevenly frequent as those of a language, and the ways in which people copy a text. */
final class PlantedTexts {
    private static final int WORDS = 3_000;
    private static final String[] SYLLABLES = {
        "a", "be", "cor", "di", "en", "fal", "go", "hi", "ing", "jo", "ka", "le", "mor", "na", "o", "per", "qui", "ra",
        "ste", "ti", "un", "ver", "wa", "xo", "y", "zen"
    };

    private final Random random;
    private final List<String> vocabulary = new ArrayList<>();
    private final int fewest;
    private final int most;

    PlantedTexts(long seed, int fewestWords, int mostWords) {
        random = new Random(seed);
        fewest = fewestWords;
        most = mostWords;
        while (vocabulary.size() < WORDS) {
            StringBuilder word = new StringBuilder();
            int syllables = 1 + random.nextInt(3);
            for (int i = 0; i < syllables; i++) {
                word.append(SYLLABLES[random.nextInt(SYLLABLES.length)]);
            }
            vocabulary.add(word.toString());
        }
    }

    /** A text that has nothing to do with any other. */
    String fresh() {
        return words(fewest + random.nextInt(most - fewest + 1));
    }

    /** The text as a person would copy it: a word changed, other case, punctuation and spaces, or words appended. */
    String copy(String text, int kind) {
        List<String> words = new ArrayList<>(Arrays.asList(text.split(" ")));
        return switch (kind % 3) {
            case 0 -> {
                int at = random.nextInt(words.size());
                words.set(at, otherThan(words.get(at)));
                yield String.join(" ", words);
            }
            case 1 -> {
                words.set(0, words.get(0).toUpperCase(Locale.ROOT) + ",");
                words.set(words.size() / 2, "\"" + words.get(words.size() / 2) + "\"");
                yield String.join("  ", words) + "!";
            }
            default -> text + " " + words(1 + random.nextInt(Math.max(2, words.size() / 20)));
        };
    }

    /** A text that begins like another and goes on by itself. */
    String decoy(String text) {
        String[] words = text.split(" ");
        return String.join(" ", Arrays.copyOf(words, words.length / 2)) + " " + words(words.length - words.length / 2);
    }

    /** So many texts that have nothing to do with each other. */
    List<Example> examples(String file, int count) {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            texts.add(fresh());
        }
        return examples(file, 0, texts);
    }

    /** Examples of these texts, from that row on. */
    static List<Example> examples(String file, int row, List<String> texts) {
        List<Example> examples = new ArrayList<>();
        for (String text : texts) {
            examples.add(new Example(file + ":" + (row + examples.size()), ExampleKey.of(text), text, "label"));
        }
        return examples;
    }

    private String words(int count) {
        return IntStream.range(0, count).mapToObj(i -> word()).collect(Collectors.joining(" "));
    }

    private String otherThan(String word) {
        String other = word();
        return other.equals(word) ? otherThan(word) : other;
    }

    private String word() {
        double rank = random.nextDouble();
        return vocabulary.get((int) (rank * rank * rank * WORDS));
    }
}
