package dev.finetune.operator.desired;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.operator.job.Walkthrough;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Every folder is a case: {@code in-config.yaml} and {@code in-job.yaml} go in, {@code out-<Kind>-<name>.yaml} is all that the
 * operator makes until the job is published. A file that nothing needs fails; {@code -Dgolden=write} writes what comes out.
 */
class DesiredStateTest {
    private static final Path CASES = Path.of("src/test/resources/desired");

    @TestFactory
    Stream<DynamicTest> children() throws IOException {
        try (Stream<Path> folders = Files.list(CASES)) {
            return folders.sorted().toList().stream()
                    .map(folder -> DynamicTest.dynamicTest(folder.getFileName().toString(), () -> check(folder)));
        }
    }

    private static void check(Path folder) throws IOException {
        Map<String, String> made = new TreeMap<>();
        for (HasMetadata object : Walkthrough.children(
                Files.readString(folder.resolve("in-config.yaml")), Files.readString(folder.resolve("in-job.yaml")))) {
            String file = "out-%s-%s.yaml"
                    .formatted(object.getKind(), object.getMetadata().getName());
            made.put(file, Serialization.asYaml(object));
        }
        if ("write".equals(System.getProperty("golden"))) {
            for (var file : made.entrySet()) {
                Files.writeString(folder.resolve(file.getKey()), file.getValue());
            }
        }
        TreeSet<String> expected = new TreeSet<>();
        try (Stream<Path> files = Files.list(folder)) {
            files.map(f -> f.getFileName().toString())
                    .filter(f -> !f.equals("in-config.yaml") && !f.equals("in-job.yaml"))
                    .forEach(expected::add);
        }
        assertThat(made.keySet()).as("files of " + folder).isEqualTo(expected);
        for (var file : made.entrySet()) {
            assertThat(file.getValue())
                    .as(folder + "/" + file.getKey())
                    .isEqualTo(Files.readString(folder.resolve(file.getKey())));
        }
    }
}
