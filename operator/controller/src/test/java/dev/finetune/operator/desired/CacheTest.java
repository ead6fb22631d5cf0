package dev.finetune.operator.desired;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.operator.job.Walkthrough;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CacheTest {
    private static final Path CASE = Path.of("src/test/resources/desired/cache");
    private static final String CLAIM = "finetune-cache";

    @Test
    void onlyPrepareSeesTheCacheAndMayWriteIt() throws IOException {
        Map<String, PodSpec> pods = pods(Files.readString(CASE.resolve("in-config.yaml")));

        Container prepare = pods.get("reviews-prepare-1").getContainers().getFirst();
        String volume = pods.get("reviews-prepare-1").getVolumes().stream()
                .filter(CacheTest::isCache)
                .map(Volume::getName)
                .findFirst()
                .orElseThrow();
        assertThat(prepare.getVolumeMounts())
                .filteredOn(m -> m.getName().equals(volume))
                .singleElement()
                .satisfies(m -> {
                    assertThat(m.getMountPath()).isEqualTo("/cache");
                    assertThat(m.getReadOnly()).isNull();
                });
        assertThat(prepare.getEnv())
                .contains(
                        new EnvVar("FINETUNE_CACHE", "/cache", null),
                        new EnvVar("FINETUNE_CACHE_MAX_BYTES", String.valueOf(50L << 30), null));
        for (String other : new String[] {"reviews-train-1", "reviews-evaluate-1"}) {
            assertThat(pods.get(other).getVolumes()).noneMatch(CacheTest::isCache);
            assertThat(pods.get(other).getContainers().getFirst().getVolumeMounts())
                    .extracting(VolumeMount::getMountPath)
                    .doesNotContain("/cache");
            assertThat(pods.get(other).getContainers().getFirst().getEnv())
                    .noneMatch(e -> e.getName().startsWith("FINETUNE_CACHE"));
        }
    }

    @Test
    void aJobThatDownloadsNothingDoesNotNeedIt() throws IOException {
        PodSpec prepare = pods(Files.readString(CASE.resolve("in-config.yaml")), mountedJob())
                .get("reviews-prepare-1");

        assertThat(prepare.getVolumes()).isNotEmpty().noneMatch(CacheTest::isCache);
        assertThat(prepare.getContainers().getFirst().getEnv())
                .noneMatch(e -> e.getName().startsWith("FINETUNE_CACHE"));
    }

    /** Each of the sources alone is reason enough. */
    @ParameterizedTest
    @CsvSource({
        "pvc://base/tiny, s3://bucket/model",
        "configmap://reviews/train.csv, https://files.example.com/train.csv",
        "pvc://data/test.csv, oci://registry.example.com/reviews:1/test.csv",
    })
    void aJobThatDownloadsOneThingHasIt(String mounted, String downloaded) throws IOException {
        String job = mountedJob().replace(mounted, downloaded);

        assertThat(pods(Files.readString(CASE.resolve("in-config.yaml")), job)
                        .get("reviews-prepare-1")
                        .getVolumes())
                .anyMatch(CacheTest::isCache);
    }

    /** A claim that is a source as well is one volume: two of one claim are not allowed in every driver. */
    @Test
    void aClaimThatIsAlsoTheStoreIsMountedTwiceAndIsOneVolume() throws IOException {
        PodSpec prepare = pods(Files.readString(CASE.resolve("in-config.yaml")).replace(CLAIM, "models"))
                .get("reviews-prepare-1");

        assertThat(prepare.getVolumes())
                .filteredOn(v -> v.getPersistentVolumeClaim() != null
                        && v.getPersistentVolumeClaim().getClaimName().equals("models"))
                .singleElement()
                .satisfies(v ->
                        assertThat(v.getPersistentVolumeClaim().getReadOnly()).isNull());
    }

    /** The job of the case with all its sources on claims and ConfigMaps. */
    private static String mountedJob() throws IOException {
        String job = Files.readString(CASE.resolve("in-job.yaml"))
                .replace("hf://team/tiny:main", "pvc://base/tiny")
                .replace(", secretRef: {name: hub}", "")
                .replace("HuggingFace", "CSV")
                .replace("hf://team/reviews/train", "configmap://reviews/train.csv")
                .replace("hf://team/reviews/test", "pvc://data/test.csv");
        assertThat(job).doesNotContain("hf://");
        return job;
    }

    private static boolean isCache(Volume volume) {
        return volume.getPersistentVolumeClaim() != null
                && CLAIM.equals(volume.getPersistentVolumeClaim().getClaimName());
    }

    private static Map<String, PodSpec> pods(String config) throws IOException {
        return pods(config, Files.readString(CASE.resolve("in-job.yaml")));
    }

    private static Map<String, PodSpec> pods(String config, String job) {
        return Walkthrough.children(config, job).stream()
                .filter(Job.class::isInstance)
                .map(Job.class::cast)
                .collect(Collectors.toMap(
                        j -> j.getMetadata().getName(),
                        j -> j.getSpec().getTemplate().getSpec(),
                        (a, b) -> a));
    }
}
