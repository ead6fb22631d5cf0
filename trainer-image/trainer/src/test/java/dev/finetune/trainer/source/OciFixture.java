package dev.finetune.trainer.source;

import dev.finetune.api.Json;
import dev.finetune.api.SecretReference;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A registry, a double or a real one, with a Secret for it where a pod's mounts are imitated. */
public final class OciFixture implements AutoCloseable {
    /** Made with libxcrypt: the registry takes bcrypt alone, which the JDK lacks. */
    private static final String HTPASSWD = "finetune:$2b$05$finetuneOperatorTests.i62CuVAE79yK2cahjKdJ6dwogxz9s2m\n";

    static final String USER = "finetune";
    static final String PASSWORD = "very-secret";

    private final AutoCloseable server;
    private final String registry;
    private final Path root;

    private OciFixture(AutoCloseable server, String registry, Path root) {
        this.server = server;
        this.registry = registry;
        this.root = root;
    }

    /** A double that asks for a token. */
    public static OciFixture startDouble(Path root) throws IOException {
        OciDouble server = new OciDouble();
        return new OciFixture(server, server.authority(), root).withSecret(USER, PASSWORD);
    }

    /** The real one, which asks for name and password; the test is skipped, and says so, where it cannot be built. */
    public static OciFixture startReal(Path root) throws IOException {
        return startReal(root, "{htpasswd: {realm: finetune, path: %s/registry/htpasswd}}".formatted(root), () -> {});
    }

    /** The real one, which asks for tokens of a service of ours. */
    static OciFixture startRealWithTokens(Path root) throws IOException {
        // Before anything is started that a skipped test would leave.
        Neighbour.program("registry");
        RegistryTokens tokens = new RegistryTokens();
        return startReal(
                root,
                "{token: {realm: \"%s\", service: registry, issuer: finetune, rootcertbundle: %s/registry/tls.crt}}"
                        .formatted(tokens.realm(), root),
                tokens);
    }

    private static OciFixture startReal(Path root, String auth, AutoCloseable beside) throws IOException {
        String program = Neighbour.program("registry");
        int port = Neighbour.freePort();
        Path folder = Files.createDirectories(root.resolve("registry"));
        Files.writeString(folder.resolve("tls.crt"), TestServer.certificate());
        Files.writeString(folder.resolve("tls.key"), TestServer.privateKey());
        Files.writeString(folder.resolve("htpasswd"), HTPASSWD);
        Files.writeString(folder.resolve("config.yml"), """
                version: 0.1
                log: {level: warn}
                storage: {filesystem: {rootdirectory: %1$s/data}}
                http: {addr: "127.0.0.1:%2$d", tls: {certificate: %1$s/tls.crt, key: %1$s/tls.key}}
                auth: %3$s
                """.formatted(folder, port, auth));
        Neighbour server = Neighbour.start(
                List.of(program, "serve", folder.resolve("config.yml").toString()),
                Map.of("OTEL_TRACES_EXPORTER", "none"),
                folder.resolve("log"),
                port);
        AutoCloseable both = () -> {
            server.close();
            beside.close();
        };
        return new OciFixture(both, "localhost:" + port, root).withSecret(USER, PASSWORD);
    }

    /** The same registry for another pod. */
    OciFixture below(Path otherRoot) {
        return new OciFixture(server, registry, otherRoot);
    }

    /** Host and port. */
    public String registry() {
        return registry;
    }

    int port() {
        return Integer.parseInt(registry.substring(registry.indexOf(':') + 1));
    }

    OciDouble asDouble() {
        return (OciDouble) server;
    }

    OciFixture withSecret(String user, String password) throws IOException {
        String auth = Base64.getEncoder().encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
        return withEntry(Map.of("auth", auth), registry);
    }

    /** Replaces the Secret: an entry for that place alone. */
    OciFixture withEntry(@Nullable Map<String, String> entry, String place) throws IOException {
        Path secret = Files.createDirectories(root.resolve("secret/registry"));
        Files.writeString(secret.resolve(Credentials.CA), TestServer.certificate());
        Files.deleteIfExists(secret.resolve(Credentials.REGISTRIES));
        if (entry != null) {
            Files.writeString(
                    secret.resolve(Credentials.REGISTRIES), Json.write(Map.of("auths", Map.of(place, entry))));
        }
        return this;
    }

    public Credentials credentials() {
        return new Credentials.Secret("registry", root.resolve("secret/registry"));
    }

    /** A repository to write to. */
    public OciRepository repository(String name) {
        return repository(name, OciSession.Access.write);
    }

    OciRepository repository(String name, OciSession.Access access) {
        return new OciRepository(
                new SourceUri.Oci(registry, name, "", "", ""),
                credentials(),
                access,
                address -> true,
                pause -> {},
                Duration.ofSeconds(20));
    }

    public SourceResolver sources() {
        return SourceResolver.below(root, new HttpsFetcher());
    }

    public Location location(String address) {
        return sources().locate("f", address, new SecretReference("registry"));
    }

    @Override
    public void close() throws Exception {
        server.close();
    }
}
