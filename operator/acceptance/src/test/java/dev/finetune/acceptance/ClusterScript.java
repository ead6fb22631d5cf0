package dev.finetune.acceptance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The command {@code operator/cluster/cluster} with the options that choose one of the clusters of a checkout. */
record ClusterScript(Path script, List<String> options) {
    /** The exit code where the machine is no Linux or the user not root. */
    static final int NOT_POSSIBLE_HERE = 3;

    /** What a call gave: its exit code and what it printed to either stream. */
    record Result(int exitCode, String output, String messages) {

        String outputOrThrow() {
            if (exitCode != 0) {
                throw new IllegalStateException("cluster ended with " + exitCode + ": " + messages + output);
            }
            return output.strip();
        }
    }

    /** The script of the checkout that the tests run in. */
    static ClusterScript ofThisCheckout(String... options) {
        Path start = Path.of("").toAbsolutePath();
        for (Path folder = start; folder != null; folder = folder.getParent()) {
            Path script = folder.resolve("operator/cluster/cluster");
            if (Files.isExecutable(script)) {
                return new ClusterScript(script, List.of(options));
            }
        }
        throw new IllegalStateException(
                "expected operator/cluster/cluster in a folder above " + start + ", found none");
    }

    /** Runs to the end and shows messages as they come: the first build takes minutes. */
    Result run(String... arguments) {
        return finish(start(arguments));
    }

    Result runAs(int uid, String... arguments) {
        return finish(
                start(Stream.concat(Stream.of("setpriv", "--reuid=" + uid, "--clear-groups"), command(arguments))));
    }

    /** Starts without waiting; the caller owns the process. */
    Process start(String... arguments) {
        return start(command(arguments));
    }

    /** The words that call it. */
    Stream<String> command(String... arguments) {
        return Stream.of(Stream.of(script.toString()), options.stream(), Stream.of(arguments))
                .flatMap(words -> words);
    }

    private static Process start(Stream<String> command) {
        try {
            return new ProcessBuilder(command.toList()).start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Result finish(Process process) {
        StringBuffer messages = new StringBuffer();
        Thread reader =
                Thread.startVirtualThread(() -> process.errorReader().lines().forEach(line -> {
                    messages.append(line).append('\n');
                    System.err.println(line);
                }));
        try {
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            reader.join();
            return new Result(process.waitFor(), output, messages.toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            process.destroy();
            throw new IllegalStateException("interrupted while the cluster script ran", e);
        }
    }
}
