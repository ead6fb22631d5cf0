package dev.finetune.trainer.source;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.api.FailureClass;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The contract against a double, and what no real registry can be made to do. */
class OciDoubleTest extends OciContract {
    private OciFixture fixture;
    private OciDouble registry;

    @BeforeEach
    void start() throws IOException {
        fixture = OciFixture.startDouble(folder);
        registry = fixture.asDouble();
    }

    @AfterEach
    void stop() throws Exception {
        fixture.close();
    }

    @Override
    OciFixture registry() {
        return fixture;
    }

    @Test
    void refusesBlobsAndManifestsThatAreNotWhatTheyAreCalled() {
        String digest = push("lying", "v1", Layer.file("train.csv", "text"));
        registry.lies.add(dev.finetune.api.Json.digest("text".getBytes()));
        assertFails(FailureClass.DigestMismatch, () -> data("lying:v1")).hasMessageContaining("what came has digest");
        registry.lies.clear();
        registry.lies.add(digest);
        assertFails(FailureClass.DigestMismatch, () -> data("lying@" + digest)).hasMessageContaining(digest);
    }

    @Test
    void asksABusyRegistryAgainWhenReadingAndWhenWriting() {
        push("busy", "v1", Layer.file("train.csv", "x"));
        registry.faults.addAll(List.of(503, 429, 500));
        assertThat(data("busy:v1")).hasContent("x");
        assertThat(registry.faults).isEmpty();
        registry.faults.addAll(List.of(502, 503, 0, 0, 500, 0, 0, 0, 504));
        push("busy", "v2", Layer.file("train.csv", "y"));
        assertThat(data("busy:v2")).hasContent("y");
        registry.faults.addAll(java.util.Collections.nCopies(20, 503));
        assertFails(FailureClass.SourceUnavailable, () -> data("busy:v1")).hasMessageContaining("503 (6 attempts)");
        registry.faults.clear();
        registry.faults.addAll(java.util.Collections.nCopies(20, 503));
        assertFails(FailureClass.StorageUnavailable, () -> push("busy", "v3", Layer.file("train.csv", "z")))
                .hasMessageContaining("503 (6 attempts)");
    }

    @Test
    void asksForTheRestOfABlobByAClosedRange() {
        byte[] large = new byte[1 << 20];
        new Random(1).nextBytes(large);
        push("cut", "v1", new Layer("application/octet-stream", large, Map.of("org.opencontainers.image.title", "f")));
        registry.requests.clear();
        registry.cuts.add(1 << 19);
        assertThat(data("cut:v1")).hasBinaryContent(large);
        assertThat(registry.requests).last().asString().matches(".* bytes=\\d+-" + ((1 << 20) - 1));
    }

    @Test
    void showsTheLoginToTheTokenServiceAndTheTokenToTheRegistryAlone() {
        registry.keepsBlobsElsewhere = true;
        push("elsewhere", "v1", Layer.file("train.csv", "x"));
        registry.requests.clear();
        assertThat(data("elsewhere:v1")).hasContent("x");
        assertThat(registry.requests)
                .anyMatch(r -> r.startsWith("storage GET "))
                .allSatisfy(r ->
                        assertThat(r).matches("registry GET \\S+( Bearer)?|service GET /token Basic|storage GET \\S+"));
    }

    @Test
    void takesANewTokenWhenTheOldOneExpired() {
        OciRepository repository = fixture.repository("expiring");
        repository.put(OciRepository.Blob.of("a/b", "1".getBytes()));
        registry.expireTokens();
        repository.put(OciRepository.Blob.of("a/b", "2".getBytes()));
        assertThat(repository.manifest("none")).isEmpty();
    }

    @Test
    void takesARefreshTokenForATokenWithoutSendingAPassword() throws IOException {
        push("refreshed", "v1", Layer.file("train.csv", "x"));
        fixture.withEntry(Map.of("identitytoken", OciDouble.IDENTITY), fixture.registry());
        registry.requests.clear();
        assertThat(data("refreshed:v1")).hasContent("x");
        assertThat(registry.requests).contains("service POST /token").noneMatch(r -> r.contains("Basic"));
    }

    @Test
    void readsWithoutALoginWhereNoneIsAskedFor() throws IOException {
        push("open", "v1", Layer.file("train.csv", "x"));
        registry.asksForLogin = false;
        fixture.withEntry(null, "");
        registry.requests.clear();
        assertThat(data("open:v1")).hasContent("x");
        assertThat(registry.requests).noneMatch(r -> r.startsWith("service"));
    }

    @Test
    void refusesLoopbackAddressesInAPod() {
        OciRepository repository = new OciRepository(
                new SourceUri.Oci(fixture.registry(), "x", "", "", ""),
                fixture.credentials(),
                OciSession.Access.read,
                AddressRule.PUBLIC_AND_PRIVATE,
                pause -> {},
                Duration.ofSeconds(20));
        assertFails(FailureClass.SourceUnavailable, () -> repository.manifest("v1"))
                .hasMessageContaining("loopback");
        assertThat(registry.requests).isEmpty();
    }
}
