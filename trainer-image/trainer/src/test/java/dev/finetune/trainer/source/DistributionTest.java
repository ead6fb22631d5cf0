package dev.finetune.trainer.source;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** The contract against a real registry, CNCF Distribution, which asks for name and password over TLS. */
class DistributionTest extends OciContract {
    @TempDir
    static Path data;

    private static OciFixture registry;

    @BeforeAll
    static void start() throws IOException {
        registry = OciFixture.startReal(data);
    }

    @AfterAll
    static void stop() throws Exception {
        if (registry != null) {
            registry.close();
        }
    }

    @BeforeEach
    void login() throws IOException {
        registry = registry.below(folder).withSecret(OciFixture.USER, OciFixture.PASSWORD);
    }

    @Override
    OciFixture registry() {
        return registry;
    }
}
