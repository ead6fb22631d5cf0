package dev.finetune.trainer.transform;

import java.text.BreakIterator;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.random.RandomGenerator;

/**
 * A change of a training text that leaves its label true, as EDA defines it (Wei and Zou 2019), but for {@link SentenceShuffle}. A
 * {@code share} of the words is {@code floor(share x words)}, at least one unless it is 0. What is drawn comes from the generator alone.
 */
public sealed interface TextAugmentation {
    /** The text that training sees. */
    String apply(String text, RandomGenerator random);

    /** A share of the words that have synonyms, each by one of them, drawn; fewer where fewer have any. */
    record SynonymReplacement(double share, Thesaurus thesaurus) implements TextAugmentation {
        @Override
        public String apply(String text, RandomGenerator random) {
            SpacedText words = new SpacedText(text);
            List<Integer> known = known(words, thesaurus);
            int count = Math.min(known.size(), count(share, words.words().size()));
            shuffle(known, random);
            for (int place : known.subList(0, count)) {
                words.replace(place, drawn(thesaurus.synonyms(words.word(place)), random));
            }
            return words.toString();
        }
    }

    /** For a share of the words a synonym of one of the text's words, both drawn, in front of any piece or at the end. */
    record RandomInsertion(double share, Thesaurus thesaurus) implements TextAugmentation {
        @Override
        public String apply(String text, RandomGenerator random) {
            SpacedText words = new SpacedText(text);
            List<String> known =
                    known(words, thesaurus).stream().map(words::word).toList();
            int count = known.isEmpty() ? 0 : count(share, words.words().size());
            for (int i = 0; i < count; i++) {
                String word = drawn(thesaurus.synonyms(drawn(known, random)), random);
                words.insert(random.nextInt(words.size() + 1), word);
            }
            return words.toString();
        }
    }

    /** Each word is left out by that chance; one that is drawn stays where all would be. */
    record RandomDeletion(double chance) implements TextAugmentation {
        @Override
        public String apply(String text, RandomGenerator random) {
            SpacedText words = new SpacedText(text);
            List<Integer> all = words.words();
            List<Integer> gone = new ArrayList<>();
            for (int place : all) {
                if (random.nextDouble() < chance) {
                    gone.add(place);
                }
            }
            if (!gone.isEmpty() && gone.size() == all.size()) {
                gone.remove(random.nextInt(gone.size()));
            }
            words.remove(gone);
            return words.toString();
        }
    }

    /** For a share of the words two of them, drawn, exchange their places, punctuation staying where it is. */
    record RandomSwap(double share) implements TextAugmentation {
        @Override
        public String apply(String text, RandomGenerator random) {
            SpacedText words = new SpacedText(text);
            List<Integer> places = words.words();
            int count = places.size() < 2 ? 0 : count(share, places.size());
            for (int i = 0; i < count; i++) {
                int one = random.nextInt(places.size());
                int other = random.nextInt(places.size() - 1);
                words.swap(places.get(one), places.get(other < one ? other : other + 1));
            }
            return words.toString();
        }
    }

    /** By that chance the sentences stand in an order that is drawn; the white space between them stays where it is. */
    record SentenceShuffle(double chance) implements TextAugmentation {
        @Override
        public String apply(String text, RandomGenerator random) {
            if (random.nextDouble() >= chance) {
                return text;
            }
            String body = text.stripLeading();
            List<String> sentences = new ArrayList<>();
            List<String> gaps = new ArrayList<>();
            BreakIterator breaks = BreakIterator.getSentenceInstance(Locale.ROOT);
            breaks.setText(body);
            int from = breaks.first();
            for (int to = breaks.next(); to != BreakIterator.DONE; to = breaks.next()) {
                String sentence = body.substring(from, to);
                String bare = sentence.stripTrailing();
                sentences.add(bare);
                gaps.add(sentence.substring(bare.length()));
                from = to;
            }
            shuffle(sentences, random);
            StringBuilder shuffled = new StringBuilder(text.substring(0, text.length() - body.length()));
            for (int i = 0; i < sentences.size(); i++) {
                shuffled.append(sentences.get(i)).append(gaps.get(i));
            }
            return shuffled.toString();
        }
    }

    private static int count(double share, int words) {
        // Without the last term 0.29 of a hundred words would be 28 of them.
        return share == 0 || words == 0 ? 0 : Math.max(1, (int) (share * words + 1e-9));
    }

    private static List<Integer> known(SpacedText words, Thesaurus thesaurus) {
        return new ArrayList<>(words.words().stream()
                .filter(place -> !thesaurus.synonyms(words.word(place)).isEmpty())
                .toList());
    }

    private static <T> T drawn(List<T> all, RandomGenerator random) {
        return all.get(random.nextInt(all.size()));
    }

    private static <T> void shuffle(List<T> all, RandomGenerator random) {
        for (int i = all.size() - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            T kept = all.get(i);
            all.set(i, all.get(j));
            all.set(j, kept);
        }
    }
}
