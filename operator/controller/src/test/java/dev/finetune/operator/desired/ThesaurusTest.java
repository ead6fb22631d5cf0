package dev.finetune.operator.desired;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.operator.job.Walkthrough;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The job's own synonyms are fetched by prepare, with what they are read with, and by nobody else. */
class ThesaurusTest {
    private static final Path CASE = Path.of("src/test/resources/desired/s3");

    @ParameterizedTest
    @CsvSource({
        "'{storageUri: \"configmap://words/german.txt\"}', configmap/words",
        "'{storageUri: \"pvc://words/german.txt\"}', pvc/words",
        "'{storageUri: \"s3://words/german.txt\", secretRef: {name: s3-words}}', s3-words"
    })
    void onlyPrepareSeesIt(String thesaurus, String mounted) throws IOException {
        List<HasMetadata> children = Walkthrough.children(
                Files.readString(CASE.resolve("in-config.yaml")),
                Files.readString(CASE.resolve("in-job.yaml"))
                        .replace(
                                "    format: Parquet",
                                "    augmentation: [{type: SynonymReplacement}]\n    thesaurus: " + thesaurus
                                        + "\n    format: Parquet"));

        assertThat(mounts(children, "reviews-prepare-1"))
                .filteredOn(m -> m.getMountPath().endsWith("/" + mounted))
                .singleElement()
                .satisfies(m -> assertThat(m.getReadOnly()).isTrue());
        for (String other : List.of("reviews-train-1", "reviews-evaluate-1")) {
            assertThat(mounts(children, other)).noneMatch(m -> m.getMountPath().endsWith("/" + mounted));
        }
        for (String plan : List.of("reviews-plan-prepare-1", "reviews-plan-train-1")) {
            assertThat(children)
                    .filteredOn(c ->
                            c instanceof ConfigMap && c.getMetadata().getName().equals(plan))
                    .singleElement()
                    .satisfies(c ->
                            assertThat(((ConfigMap) c).getData().toString()).contains("german.txt"));
        }
    }

    private static List<VolumeMount> mounts(List<HasMetadata> children, String job) {
        return children.stream()
                .filter(c -> c instanceof Job && c.getMetadata().getName().equals(job))
                .map(c -> ((Job) c).getSpec().getTemplate().getSpec())
                .map(PodSpec::getContainers)
                .flatMap(containers -> containers.getFirst().getVolumeMounts().stream())
                .toList();
    }
}
