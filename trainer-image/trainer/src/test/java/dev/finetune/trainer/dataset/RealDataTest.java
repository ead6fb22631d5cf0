package dev.finetune.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.api.CheckAction;
import dev.finetune.api.Columns;
import dev.finetune.api.DataFormat;
import dev.finetune.api.DataSource;
import dev.finetune.api.DataSplit;
import dev.finetune.api.DatasetSpec;
import dev.finetune.api.Finding;
import dev.finetune.api.Task;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Public sets as they come, with the numbers that were counted independently. */
class RealDataTest {
    @ParameterizedTest
    @CsvSource({
        // Set, train file, test file, test rows that stay, labels, texts of test that were also in train.
        "banking77,train.csv,test.csv,3079,77,7",
        "banking77,train-10shot.csv,test.csv,3079,77,-",
        "sms-spam,train.csv,test.csv,-,2,-",
        "sentiment-german,train.csv,test.csv,870,3,-",
        "sentiment-spanish,train.csv,test.csv,-,3,-",
        "clinc150,train.csv,test.csv,4500,150,-",
    })
    void preparesWithTheDefaultChecks(String set, String train, String test, String rows, int labels, String shared) {
        Path folder = SharedData.folder("text/" + set);
        Dataset dataset = Dataset.read(
                Task.TextClassification,
                new DatasetSpec(
                        DataFormat.CSV,
                        null,
                        new Columns("text", "label"),
                        new DataSource("file://train", null),
                        new DataSplit(null, "0.1"),
                        new DataSplit("file://test", null),
                        null,
                        null,
                        null),
                new Dataset.Sources(
                        named(folder.resolve(train)), Optional.empty(), Optional.of(named(folder.resolve(test)))));
        assertThat(dataset.info().labels()).hasSize(labels);
        if (!rows.equals("-")) {
            assertThat(dataset.info().test()).isEqualTo(Long.parseLong(rows));
        }
        if (!shared.equals("-")) {
            assertThat(dataset.info().findings())
                    .filteredOn(f -> "Leakage".equals(f.check()))
                    .extracting(Finding::count, Finding::action)
                    .containsExactly(org.assertj.core.groups.Tuple.tuple(Long.valueOf(shared), CheckAction.Remove));
        }
    }

    private static Dataset.NamedFile named(Path file) {
        return new Dataset.NamedFile(file.getFileName().toString(), file);
    }
}
