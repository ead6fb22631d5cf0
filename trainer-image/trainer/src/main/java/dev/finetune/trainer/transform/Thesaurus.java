package dev.finetune.trainer.transform;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** What words mean the same, whatever their case and Unicode form. Safe for use by several threads. */
public final class Thesaurus {
    /** The text files of WordNet 3.1, licence included, come in a package of their own. */
    private static final String WORDNET = "/net/sf/extjwnl/data/wordnet/wn31/data.";

    private static final List<String> PARTS_OF_SPEECH = List.of("noun", "verb", "adj", "adv");

    /** Words that hold a sentence together; WordNet takes "a" for a vitamin and "in" for a state. */
    private static final Set<String> FUNCTION_WORDS =
            Set.of(("a an the this that these those each every either neither both all any some no none such"
                            + " i me my mine myself we us our ours ourselves you your yours yourself yourselves he him his himself she her hers herself"
                            + " it its itself they them their theirs themselves one oneself who whom whose which what whoever whatever"
                            + " someone somebody something anyone anybody anything everyone everybody everything nobody nothing"
                            + " am is are was were be been being do does did doing done have has had having"
                            + " will would shall should can could may might must ought"
                            + " about above across after against along among around as at before behind below beneath beside between beyond by"
                            + " despite down during except for from in inside into like near of off on onto out outside over per since than"
                            + " through throughout till to toward towards under until unto up upon via with within without"
                            + " and but or nor so yet if unless although though because while whereas whether"
                            + " not only own same too very just also again further then once here there when where why how"
                            + " more most less least few many much other another now ever never always")
                    .split(" "));

    private final Map<String, List<String>> synonyms;

    /** What takes the place of words, and not the other way round; of words that mean the same both are equal. */
    public record Rule(List<String> words, List<String> synonyms) {
        /** Of words that mean the same. */
        public static Rule same(List<String> words) {
            return new Rule(words, words);
        }

        /** Whether it says anything: one of its words stands in texts as one, and a synonym is another. */
        public boolean saysAnything() {
            return words.stream()
                    .anyMatch(word -> isOneWord(word) && !others(word).isEmpty());
        }

        private List<String> others(String word) {
            return synonyms.stream()
                    .filter(other -> !key(other).equals(key(word)))
                    .toList();
        }
    }

    private Thesaurus(Map<String, List<String>> synonyms) {
        this.synonyms = synonyms;
    }

    /** One of groups of words that mean the same. */
    public static Thesaurus of(List<List<String>> groups) {
        return ofRules(groups.stream().map(Rule::same).toList());
    }

    /** One of rules. */
    public static Thesaurus ofRules(List<Rule> rules) {
        Map<String, Set<String>> found = new HashMap<>();
        rules.forEach(rule -> add(found, rule));
        return of(found);
    }

    /** WordNet's synonyms of English words in their base form, of all meanings; function words have none. Reads some 20 MB each time. */
    public static Thesaurus english() {
        Map<String, Set<String>> found = new HashMap<>();
        for (String part : PARTS_OF_SPEECH) {
            try (InputStream file = Thesaurus.class.getResourceAsStream(WORDNET + part)) {
                if (file == null) {
                    throw new IllegalStateException("WordNet's " + WORDNET + part + " is missing from the class path");
                }
                BufferedReader lines = new BufferedReader(new InputStreamReader(file, StandardCharsets.UTF_8));
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    // The licence stands in front, each of its lines behind two spaces.
                    if (!line.startsWith(" ")) {
                        add(found, Rule.same(words(line)));
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        found.keySet().removeAll(FUNCTION_WORDS);
        return of(found);
    }

    /** The words of one meaning: {@code offset file type count(hex) word id word id ...}; an adjective may end with its position, as in {@code galore(ip)}. */
    private static List<String> words(String meaning) {
        String[] fields = meaning.split(" ", 4 + 1);
        int count = Integer.parseInt(fields[3], 16);
        String[] words = fields[4].split(" ", 2 * count + 1);
        List<String> bare = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            String word = words[2 * i];
            int position = word.indexOf('(');
            bare.add((position < 0 ? word : word.substring(0, position)).replace('_', ' '));
        }
        return bare;
    }

    /** What is several words is never asked for. */
    private static void add(Map<String, Set<String>> found, Rule rule) {
        for (String word : rule.words()) {
            if (isOneWord(word)) {
                found.computeIfAbsent(key(word), _ -> new TreeSet<>()).addAll(rule.others(word));
            }
        }
    }

    /** Whether texts are found to hold it as one word: not where it is several, or ends in punctuation. */
    private static boolean isOneWord(String text) {
        SpacedText spaced = new SpacedText(text);
        return spaced.size() == 1
                && spaced.words().size() == 1
                && spaced.word(0).equals(text);
    }

    private static String key(String word) {
        return Normalizer.normalize(word, Normalizer.Form.NFC).toLowerCase(Locale.ROOT);
    }

    private static Thesaurus of(Map<String, Set<String>> found) {
        Map<String, List<String>> synonyms = new HashMap<>();
        found.forEach((word, others) -> {
            if (!others.isEmpty()) {
                synonyms.put(word, List.copyOf(others));
            }
        });
        return new Thesaurus(synonyms);
    }

    /** What means the same, in a fixed order; empty where nothing is known. */
    public List<String> synonyms(String word) {
        return synonyms.getOrDefault(key(word), List.of());
    }

    /** Whether it has synonyms of a word of the text. */
    public boolean knowsAWordOf(String text) {
        SpacedText spaced = new SpacedText(text);
        return spaced.words().stream()
                .anyMatch(place -> !synonyms(spaced.word(place)).isEmpty());
    }

    /** How many words it has synonyms for. */
    public int size() {
        return synonyms.size();
    }
}
