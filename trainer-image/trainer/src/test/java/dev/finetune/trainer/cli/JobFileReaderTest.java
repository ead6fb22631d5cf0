package dev.finetune.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.api.run.StageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JobFileReaderTest {
    static final String JOB = """
            apiVersion: finetune.dev/v1alpha1
            kind: FineTuneJob
            metadata: {name: sms-spam, labels: {team: a}}
            spec:
              task: TextClassification
              model: {storageUri: file://models/minilm}
              dataset:
                format: TSV
                csv: {quote: None, header: false}
                columns: {label: 0, text: "1"}
                train: {storageUri: "file:data/train.tsv"}
                validation: {fraction: "0.1"}
                test: {storageUri: configmap://sms/test.tsv}
              training:
                strategy: {type: Full}
                hyperparameters: {epochs: 1, learningRate: "5e-5"}
              evaluation: {primaryMetric: f1, positiveLabel: spam}
              output: {modelName: sms-spam}
            """;

    @TempDir
    private Path folder;

    @Test
    void readsTheManifestThatKubectlAppliesAndResolvesItsFiles() throws IOException {
        JobFile job = read(JOB, Map.of("configmap://sms", folder.resolve("sms")));

        assertThat(job.name()).isEqualTo("sms-spam");
        assertThat(job.namespace()).isEqualTo("local");
        var dataset = Objects.requireNonNull(job.spec().dataset());
        assertThat(Objects.requireNonNull(job.spec().model()).storageUri())
                .isEqualTo("file://" + folder + "/models/minilm");
        assertThat(Objects.requireNonNull(dataset.train()).storageUri())
                .isEqualTo("file://" + folder + "/data/train.tsv");
        assertThat(Objects.requireNonNull(dataset.test()).storageUri()).isEqualTo("file://" + folder + "/sms/test.tsv");
        assertThat(Objects.requireNonNull(dataset.columns()).label()).isEqualTo("0");
    }

    @Test
    void findsTheJobAmongOtherObjectsAndLetsAServersFieldsStand() throws IOException {
        String many = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n---\n"
                + JOB.replace("labels: {team: a}", "namespace: ml, uid: 1-2, resourceVersion: \"7\"")
                + "status: {observedGeneration: 1}\n---\nkind: ModelDeployment\n";

        assertThat(read(many, Map.of()).namespace()).isEqualTo("ml");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "epochs: 1 | epochz: 1 | spec.training.hyperparameters.epochz: unknown field; did you mean epochs?",
                "epochs: 1 | epochs: \"1\" | spec.training.hyperparameters.epochs: expected a whole number, got \"1\"",
                "\"5e-5\" | 5e-5 | spec.training.hyperparameters.learningRate: expected text in quotes",
                "{type: Full} | {type: Ful} | spec.training.strategy.type: expected one of FeatureExtraction, Full, got \"Ful\"; did you mean Full?",
                "validation: {fraction: \"0.1\"} | validation: 0.1 | spec.dataset.validation: expected an object, got 0.1",
                "name: sms-spam, | name: SMS, | metadata.name: expected 1 to 40 lower-case letters",
                "labels: | label: | metadata.label: unknown field; did you mean labels?",
                "spec: | specs: | specs: unknown field; did you mean spec?",
                "kind: FineTuneJob | kind: FinetuneJob | expected exactly one object of kind FineTuneJob, found 0",
                "v1alpha1 | v1 | apiVersion: expected finetune.dev/v1alpha1, got 'finetune.dev/v1'",
                "task: | task: [ | not valid YAML",
                "task: TextClassification | model: {} | uplicate",
                "learningRate: \"5e-5\" | learningRate: abc | spec.training.hyperparameters.learningRate: ",
            })
    void saysWhereAndWhatIsWrong(String from, String to, String message) {
        assertThat(JOB).contains(from);
        assertThatThrownBy(() -> read(JOB.replace(from, to), Map.of()))
                .isInstanceOf(StageException.class)
                .hasMessageContaining(message);
    }

    @Test
    void listsEveryProblemAtOnce() {
        String bad = JOB.replace("epochs: 1", "epochz: 1")
                .replace("strategy", "stratgy")
                .replace("csv:", "cvs:");

        assertThatThrownBy(() -> read(bad, Map.of()))
                .hasMessageContaining("epochz")
                .hasMessageContaining("stratgy")
                .hasMessageContaining("cvs");
    }

    @Test
    void saysThatAManifestIsMissing() {
        assertThatThrownBy(() -> JobFileReader.read(folder.resolve("none.yaml"), Map.of()))
                .hasMessageContaining("there is no such file");
    }

    private JobFile read(String yaml, Map<String, Path> mounts) throws IOException {
        return JobFileReader.read(Files.writeString(folder.resolve("job.yaml"), yaml), mounts);
    }
}
