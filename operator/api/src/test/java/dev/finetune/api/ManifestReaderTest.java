package dev.finetune.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class ManifestReaderTest {
    private static final String MINIMAL = Cases.manifest(Path.of("src/test/resources/valid-job-minimal.yaml"));

    @Test
    void readsTheOneJobAmongOtherDocuments() {
        Manifest manifest = ManifestReader.read(
                Cases.manifest(Path.of("src/test/resources/valid-deployment-minimal.yaml")) + "---\n"
                        + MINIMAL.replace(
                                "{name: minimal}", "{name: minimal, namespace: nlp, labels: {a: b}, generation: 3}"));

        assertThat(manifest.metadata().name()).isEqualTo("minimal");
        assertThat(manifest.metadata().namespace()).isEqualTo("nlp");
        assertThat(manifest.metadata().labels()).containsEntry("a", "b");
        assertThat(manifest.spec().task()).isEqualTo(Task.TextClassification);
        assertThat(manifest.spec().output()).isEqualTo(new OutputSpec("reviews", null));
    }

    @Test
    void tellsAllProblemsWithPathAndLine() {
        assertThatThrownBy(() -> ManifestReader.read(MINIMAL.replace("format: CSV", "format: Excel")
                        .replace("columns:", "colums:")
                        .replace("fraction: \"0.1\"", "fraction: 0.1")))
                .isInstanceOf(ManifestException.class)
                .hasMessageContaining("spec.dataset.format: expected one of " + List.of(DataFormat.values())
                        + ", found 'Excel' (line 8)")
                .hasMessageContaining("spec.dataset.colums: unknown field; known here: format, csv, columns")
                .hasMessageContaining("spec.dataset.validation.fraction: expected text, found 0.1");
    }

    @Test
    void refusesWordsThatYamlReadsAsBooleans() {
        for (String word : new String[] {"on", "Off", "yes", "no", "n", "Y", "true"}) {
            assertThatThrownBy(() -> ManifestReader.read(MINIMAL.replace("label: rating", "label: " + word)))
                    .hasMessageContaining("spec.dataset.columns.label: expected text, found " + word
                            + ", which YAML reads as a boolean; write \"" + word + "\" with quotes");
            assertThat(ManifestReader.read(MINIMAL.replace("label: rating", "label: \"" + word + "\""))
                            .spec()
                            .dataset()
                            .columns()
                            .label())
                    .isEqualTo(word);
        }
    }

    @Test
    void refusesKeysThatYamlReadsAsBooleans() {
        assertThatThrownBy(() -> ManifestReader.read(MINIMAL + "  on: true\n"))
                .hasMessageContaining("the key on is read by YAML as a boolean");
    }

    @Test
    void refusesAKeyThatStandsTwice() {
        assertThatThrownBy(() -> ManifestReader.read(MINIMAL + "  task: TextClassification\n"))
                .hasMessageContaining("spec.task: stands twice (line 14)");
    }

    @Test
    void refusesWhatIsNoJob() {
        assertThatThrownBy(() -> ManifestReader.read("a: [")).hasMessageContaining("line 1 is not YAML");
        assertThatThrownBy(() -> ManifestReader.read(""))
                .hasMessageContaining("expected one document with kind: FineTuneJob");
        assertThatThrownBy(() -> ManifestReader.read(MINIMAL + "---\n" + MINIMAL))
                .hasMessageContaining("found 2");
        assertThatThrownBy(() -> ManifestReader.read(MINIMAL.replace("v1alpha1", "v1")))
                .hasMessageContaining("apiVersion: expected finetune.dev/v1alpha1, found 'finetune.dev/v1'");
        assertThatThrownBy(() -> ManifestReader.read(MINIMAL.replace("name: minimal", "labels: {}")))
                .hasMessageContaining("metadata.name: expected a name");
    }

    @Test
    void survivesAnAnchorThatHoldsItself() {
        assertThatThrownBy(() -> ManifestReader.read(MINIMAL + "  podTemplate: {affinity: &a {a: *a}}\n"))
                .hasMessageContaining("nested too deeply");
    }

    @Test
    void keepsWhatIsWrittenWhenWrittenAgain() throws Exception {
        Manifest manifest = ManifestReader.read(Cases.manifest(Path.of("src/test/resources/valid-job-full.yaml")));

        assertThat(Json.MAPPER.readTree(Json.write(manifest.spec())))
                .isEqualTo(Cases.yaml(Path.of("src/test/resources/valid-job-full.yaml"))
                        .get("spec"));
    }
}
