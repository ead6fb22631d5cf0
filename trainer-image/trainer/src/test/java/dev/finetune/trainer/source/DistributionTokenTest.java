package dev.finetune.trainer.source;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.api.FailureClass;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract against a real registry that asks for the tokens of a service: what most registries of the world do. */
class DistributionTokenTest extends OciContract {
    @TempDir
    static Path data;

    private static OciFixture registry;

    @BeforeAll
    static void start() throws IOException {
        registry = OciFixture.startRealWithTokens(data);
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

    @Test
    void saysThatALoginMayReadAndNotWrite() {
        assertThat(registry.repository("readonly/models", OciSession.Access.read)
                        .manifest("v1"))
                .isEmpty();
        assertFails(FailureClass.StorageUnavailable, () -> push("readonly/models", "v1", Layer.file("a", "b")))
                .hasMessageContainingAll("answers 401", "may not write to 'readonly/models'", "Secret 'registry'");
    }
}
