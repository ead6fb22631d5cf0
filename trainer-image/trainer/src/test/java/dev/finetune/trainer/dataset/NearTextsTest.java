package dev.finetune.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.api.Answer;
import dev.finetune.api.CheckAction;
import dev.finetune.api.Finding;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NearTextsTest {
    private final Findings findings = new Findings();

    @ParameterizedTest(name = "{0} texts")
    @CsvSource({"short, 12, 24, 2000", "long, 150, 400, 500"})
    void copiesWithinASourceAreFoundAndHardlyAnythingElse(String kind, int fewest, int most, int rows) {
        PlantedTexts texts = new PlantedTexts(rows, fewest, most);
        List<Example> source = new ArrayList<>(texts.examples("train.csv", rows));
        int planted = rows / 20;
        List<String> copies = new ArrayList<>();
        List<String> decoys = new ArrayList<>();
        for (int i = 0; i < planted; i++) {
            copies.add(texts.copy(source.get(7 * i).text(), i));
            decoys.add(texts.decoy(source.get(7 * i + 1).text()));
        }
        source.addAll(PlantedTexts.examples("copies.csv", 0, copies));
        source.addAll(PlantedTexts.examples("decoys.csv", 0, decoys));

        List<Example> kept =
                NearRepeats.check("train.csv", source, NearTexts.among(source), CheckAction.Remove, findings);

        Set<String> removed = ids(source);
        removed.removeAll(ids(kept));
        assertFound(removed, ids(PlantedTexts.examples("copies.csv", 0, copies)));
        assertThat(findings.all())
                .singleElement()
                .extracting(Finding::check, Finding::action, Finding::count)
                .containsExactly("NearDuplicates", CheckAction.Remove, (long) removed.size());
    }

    @ParameterizedTest(name = "{0} texts")
    @CsvSource({"short, 12, 24, 2000", "long, 150, 400, 500"})
    void copiesInAnotherSplitAreFoundAndTakenOutOfTrainThenValidation(String kind, int fewest, int most, int rows) {
        PlantedTexts texts = new PlantedTexts(rows + 1, fewest, most);
        List<Example> train = texts.examples("train.csv", rows);
        List<Example> validation = texts.examples("validation.csv", rows / 2);
        List<Example> test = new ArrayList<>(texts.examples("test.csv", rows / 2));
        List<String> copies = new ArrayList<>();
        Set<String> leaking = new HashSet<>();
        for (int i = 0; i < rows / 20; i++) {
            Example original = i % 2 == 0 ? train.get(5 * i) : validation.get(5 * i);
            leaking.add(original.id());
            copies.add(texts.copy(original.text(), i));
        }
        test.addAll(PlantedTexts.examples("copies.csv", 0, copies));
        Splits splits = new Splits(train, validation, test);
        List<Example> all = new ArrayList<>(train);
        all.addAll(validation);
        all.addAll(test);

        Splits clean = Leakage.checkNear(splits, NearTexts.among(all), CheckAction.Remove, findings);

        Set<String> removed = ids(train);
        removed.addAll(ids(validation));
        removed.removeAll(ids(clean.train()));
        removed.removeAll(ids(clean.validation()));
        assertFound(removed, leaking);
        assertThat(clean.test()).isEqualTo(test);
        assertThat(findings.all())
                .singleElement()
                .satisfies(f -> assertThat(f.message()).contains("train.csv:", "(as copies.csv:", " % alike)"))
                .extracting(Finding::check, Finding::count)
                .containsExactly("NearLeakage", (long) removed.size());
    }

    @Test
    void warningTellsAndRemovesNothing() {
        List<Example> source = PlantedTexts.examples(
                "f",
                2,
                List.of(
                        "Please call me back on the number that I gave you yesterday.",
                        "Shall we have dinner at the usual place on Friday evening?",
                        "please call me back on the number that I gave you today"));
        NearTexts near = NearTexts.among(source);

        assertThat(NearRepeats.check("f", source, near, CheckAction.Warn, findings))
                .isEqualTo(source);
        Splits splits = new Splits(source.subList(0, 1), source.subList(1, 2), source.subList(2, 3));
        assertThat(Leakage.checkNear(splits, near, CheckAction.Warn, findings)).isEqualTo(splits);
        assertThat(findings.all())
                .extracting(Finding::message)
                .satisfiesExactly(
                        repeat -> assertThat(repeat)
                                .contains("1 rows nearly repeat", "f:4 (as f:2, 75 % alike)", "nearDuplicates"),
                        leak -> assertThat(leak)
                                .contains("1 examples nearly repeat", "f:2 (as f:4, 75 % alike)", "nearDuplicates"));
    }

    /** A hundred steps from one text to another: each is like the one before it, the last is not like the first. */
    @Test
    void aChainLeavesMoreThanItsBeginning() {
        PlantedTexts texts = new PlantedTexts(3, 20, 20);
        List<String> chain = new ArrayList<>(List.of(texts.fresh()));
        for (int i = 0; i < 100; i++) {
            chain.add(texts.copy(chain.getLast(), 0));
        }
        List<Example> source = PlantedTexts.examples("f", 0, chain);
        NearTexts near = NearTexts.among(source);

        List<Example> kept = NearRepeats.check("f", source, near, CheckAction.Remove, findings);

        assertThat(kept).hasSizeBetween(10, 70);
        assertThat(NearRepeats.check("f", kept, near, CheckAction.Fail, findings))
                .isEqualTo(kept);
        assertThat(units(source, near).values())
                .allSatisfy(unit -> assertThat(unit).hasSizeLessThanOrEqualTo(2));
    }

    @Test
    void rowsOfOneTemplateDoNotAllGoToOneSide() {
        List<Example> source = PlantedTexts.examples(
                "f",
                0,
                IntStream.range(0, 1_000)
                        .mapToObj(i -> "Your parcel number " + (10_000 + 83 * i)
                                + " will be delivered today between nine and ten in the morning.")
                        .toList());
        NearTexts near = NearTexts.among(source);

        assertThat(units(source, near).values())
                .allSatisfy(unit -> assertThat(unit).hasSizeLessThanOrEqualTo(16))
                .hasSizeLessThan(200);
        Splits splits = new Splitter(0.3, 0.2, 0, near::unit).split(source, Answer.Label, findings);
        assertThat(splits.test().size()).isBetween(150, 450);
        assertThat(splits.validation().size()).isBetween(30, 260);
    }

    @Test
    void ofAPairBothTextsCount() {
        String article = "The bridge over the river was opened in the year of the great flood and has eleven arches. ";
        List<Example> source = List.of(
                pair("f:1", article, "How many arches does the bridge have?"),
                pair("f:2", article, "When was the bridge over the river opened?"),
                pair("f:3", article.toUpperCase(java.util.Locale.ROOT), "how many arches does that bridge have"));

        NearRepeats.check("f", source, NearTexts.among(source), CheckAction.Warn, findings);

        assertThat(findings.all()).singleElement().satisfies(f -> {
            assertThat(f.count()).isEqualTo(1);
            assertThat(f.message()).contains("f:3 (as f:1, ");
        });
    }

    private static Example pair(String id, String text, String textPair) {
        String key = ExampleKey.of(new dev.finetune.trainer.transform.TextInput(text, textPair));
        return new Example(id, key, text, textPair, "label");
    }

    private static void assertFound(Set<String> found, Set<String> planted) {
        Set<String> right = new HashSet<>(found);
        right.retainAll(planted);
        assertThat((double) right.size() / planted.size()).as("recall").isGreaterThanOrEqualTo(0.9);
        assertThat((double) right.size() / found.size()).as("precision").isGreaterThanOrEqualTo(0.9);
    }

    private static Set<String> ids(List<Example> examples) {
        return examples.stream().map(Example::id).collect(Collectors.toCollection(HashSet::new));
    }

    private static Map<String, Set<String>> units(List<Example> examples, NearTexts near) {
        return examples.stream().map(Example::key).collect(Collectors.groupingBy(near::unit, Collectors.toSet()));
    }
}
