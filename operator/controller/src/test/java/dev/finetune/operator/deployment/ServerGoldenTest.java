package dev.finetune.operator.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Every folder is a case: {@code in-config.yaml} and {@code in-deployment.yaml} go in, {@code out-<Kind>-<name>.yaml} is all that
 * stands when a model serves. A file that nothing needs fails; {@code -Dgolden=write} writes what comes out.
 */
class ServerGoldenTest {
    private static final Path CASES = Path.of("src/test/resources/server");
    private static final Set<String> INPUTS = Set.of("in-config.yaml", "in-deployment.yaml");

    @TestFactory
    Stream<DynamicTest> children() throws IOException {
        try (Stream<Path> folders = Files.list(CASES)) {
            return folders.sorted().toList().stream()
                    .map(folder -> DynamicTest.dynamicTest(folder.getFileName().toString(), () -> check(folder)));
        }
    }

    private static void check(Path folder) throws IOException {
        RolloutWorld world = RolloutWorld.of(
                        Files.readString(folder.resolve("in-config.yaml")),
                        Files.readString(folder.resolve("in-deployment.yaml")))
                .published("reviews-v1", 1, 0)
                .settle();
        Map<String, String> made = new TreeMap<>();
        Stream.concat(world.deployments.values().stream(), Stream.ofNullable(world.service))
                .forEach(o -> made.put(
                        "out-%s-%s.yaml"
                                .formatted(
                                        o.getKind(),
                                        ((HasMetadata) o).getMetadata().getName()),
                        text((HasMetadata) o)));
        if ("write".equals(System.getProperty("golden"))) {
            for (var file : made.entrySet()) {
                Files.writeString(folder.resolve(file.getKey()), file.getValue());
            }
        }
        TreeSet<String> expected = new TreeSet<>();
        try (Stream<Path> files = Files.list(folder)) {
            files.map(f -> f.getFileName().toString())
                    .filter(f -> !INPUTS.contains(f))
                    .forEach(expected::add);
        }
        assertThat(made.keySet()).as("files of " + folder).isEqualTo(expected);
        for (var file : made.entrySet()) {
            assertThat(file.getValue()).isEqualTo(Files.readString(folder.resolve(file.getKey())));
        }
    }

    /** As it was asked for: the world's status is left out. */
    private static String text(HasMetadata object) {
        return Serialization.asYaml(object).replaceAll("(?s)\nstatus:\n.*", "\n");
    }
}
