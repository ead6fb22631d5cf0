package dev.finetune.trainer.source;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The client of another project, ORAS, logged in to a registry of ours. */
public final class Oras {
    private final String program;
    private final OciFixture registry;
    private final Path folder;

    private Oras(String program, OciFixture registry, Path folder) {
        this.program = program;
        this.registry = registry;
        this.folder = folder;
    }

    /** One that works in a folder; the test is skipped, and says so, where it cannot be built. */
    public static Oras in(Path folder, OciFixture registry) throws IOException {
        String program = Neighbour.program("oras");
        Files.writeString(folder.resolve("ca.crt"), TestServer.certificate());
        return new Oras(program, registry, folder);
    }

    /** Pushes files and folders of its folder. */
    public void push(String reference, String... files) throws IOException {
        List<String> command = new ArrayList<>(List.of("push"));
        command.addAll(login(""));
        command.add(registry.registry() + "/" + reference);
        command.addAll(List.of(files));
        run(command);
    }

    /** Copies an image with all its blobs, which it verifies, into an OCI image layout. */
    public void copyToLayout(String reference, String layout) throws IOException {
        List<String> command = new ArrayList<>(List.of("cp"));
        command.addAll(login("from-"));
        command.addAll(List.of("--to-oci-layout", reference, layout));
        run(command);
    }

    private List<String> login(String side) {
        return List.of(
                // What it takes for granted on this machine.
                "--" + side + "plain-http=false",
                "--" + side + "ca-file",
                "ca.crt",
                "--" + side + "username",
                OciFixture.USER,
                "--" + side + "password",
                OciFixture.PASSWORD);
    }

    private void run(List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(program));
        command.addAll(arguments);
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (process.waitFor() != 0) {
                throw new IllegalStateException("oras " + arguments.getFirst() + " failed: " + said);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
