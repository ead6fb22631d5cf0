package dev.finetune.trainer.dataset;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/** Data that lies beside the checkout on some machines and is not part of the project; tests that want it are skipped elsewhere. */
final class SharedData {
    private SharedData() {}

    static Path folder(String name) {
        for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            Path folder = at.resolve("shared/data").resolve(name);
            if (Files.isDirectory(folder)) {
                return folder;
            }
        }
        assumeTrue(false, "no shared data beside the checkout");
        throw new AssertionError();
    }
}
