package dev.finetune.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class SpecValidatorTest {
    @TestFactory
    Stream<DynamicTest> acceptsWhatTheApiServerAccepts() {
        return Cases.named("valid-job").stream()
                .map(f -> DynamicTest.dynamicTest(
                        f.getFileName().toString(),
                        () -> assertThat(problems(f)).isEmpty()));
    }

    @TestFactory
    Stream<DynamicTest> refusesWhatTheApiServerRefuses() {
        return Cases.named("invalid-job").stream()
                .filter(f -> Cases.yaml(f).has("validator"))
                .map(f -> DynamicTest.dynamicTest(
                        f.getFileName().toString(),
                        () -> assertThat(problems(f))
                                .anySatisfy(p -> assertThat(p.toString())
                                        .contains(Cases.yaml(f).get("validator").asText()))));
    }

    @Test
    void allowsFilesOnlyWithoutACluster() {
        FineTuneJobSpec spec = ManifestReader.read(Cases.manifest(Path.of("src/test/resources/valid-job-minimal.yaml"))
                        .replace("pvc://models/minilm", "file:///models/minilm"))
                .spec();

        assertThat(SpecValidator.validate(spec)).extracting(Problem::path).containsExactly("spec.model.storageUri");
        assertThat(SpecValidator.validateLocal(spec)).isEmpty();
    }

    @Test
    void refusesFractionsThatLeaveNothingToTrainOn() {
        FineTuneJobSpec spec = ManifestReader.read(Cases.manifest(Path.of("src/test/resources/valid-job-minimal.yaml"))
                        .replace("validation: {fraction: \"0.1\"}", "validation: {fraction: \"0.6\"}")
                        .replace("test: {storageUri: configmap://reviews/test.csv}", "test: {fraction: \"0.4\"}"))
                .spec();

        assertThat(SpecValidator.validate(spec))
                .extracting(Problem::message)
                .containsExactly("validation.fraction and test.fraction leave nothing to train on: their sum is 1.0");
    }

    @Test
    void tellsEveryProblemOfAnEmptySpec() {
        FineTuneJobSpec empty =
                new FineTuneJobSpec(null, null, null, null, null, null, null, null, null, null, null, null);

        assertThat(SpecValidator.validate(empty))
                .extracting(Problem::path)
                .containsExactly("spec.task", "spec.model", "spec.dataset", "spec.output");
    }

    private static List<Problem> problems(Path file) {
        try {
            return SpecValidator.validate(
                    ManifestReader.read(Cases.manifest(file)).spec());
        } catch (ManifestException e) {
            return e.problems();
        }
    }
}
