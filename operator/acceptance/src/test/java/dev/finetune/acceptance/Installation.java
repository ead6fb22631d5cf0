package dev.finetune.acceptance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The product as a platform team installs it: both images built from this checkout and loaded, the chart installed with Helm. Made by
 * the first class of a run that wants it; it goes with the cluster.
 */
public final class Installation {
    /** Where the operator runs. */
    public static final String NAMESPACE = "finetune-system";

    /** A profile with a cache, whose claim exists only where a test makes it. */
    public static final String CACHED_PROFILE = "cached";

    public static final String CACHE_CLAIM = "finetune-cache";

    /** Held while images are built: their layers are mounted on the machine meanwhile. */
    static final Object MOUNTS = new Object();

    private static boolean done;
    private static @Nullable Images loaded;

    /** The names of the two images. */
    record Images(String trainer, String operator) {}

    private Installation() {}

    /** Installs the product on this cluster unless an earlier class did. */
    public static synchronized void require(LocalCluster cluster) {
        if (done) {
            return;
        }
        Images images = loadImages(cluster);
        cluster.helm(
                "upgrade",
                "--install",
                "finetune-operator",
                checkout().resolve("charts/finetune-operator").toString(),
                "--namespace=" + NAMESPACE,
                "--create-namespace",
                "--set=image=" + images.operator(),
                "--set=trainer.image=" + images.trainer(),
                // An account that tests may name; it exists only where they make it.
                "--set=profiles.default.serviceAccounts={trainer}",
                "--set=profiles." + CACHED_PROFILE + ".cache.claimName=" + CACHE_CLAIM,
                "--set=profiles." + CACHED_PROFILE + ".workspace.size=1Gi",
                "--wait",
                "--timeout=3m");
        done = true;
    }

    /** Builds both images from this checkout and loads them, unless an earlier class did. */
    static synchronized Images loadImages(LocalCluster cluster) {
        Images images = loaded;
        if (images == null) {
            synchronized (MOUNTS) {
                images = new Images(
                        run(checkout().resolve("trainer-image/build-image"), List.of(), ""),
                        run(checkout().resolve("operator/build-image"), List.of(), ""));
            }
            cluster.load(checkout().resolve("trainer-image/target/trainer-image.tar"));
            cluster.load(checkout().resolve("operator/target/operator-image.tar"));
            loaded = images;
        }
        return images;
    }

    /** The folder of the first example, with its weights and messages in it. */
    public static synchronized Path example() {
        Path example = checkout().resolve("examples/01-sms-spam");
        run(example.resolve("fetch"), List.of(), "");
        return example;
    }

    /** The checkout that the tests run in. */
    static Path checkout() {
        return ClusterScript.ofThisCheckout().script().getParent().getParent().getParent();
    }

    /** What the operator logged so far. */
    public static String log(LocalCluster cluster) {
        return cluster.kubectl("logs", "--namespace=" + NAMESPACE, "deployment/finetune-operator", "--tail=-1");
    }

    /** Copies a folder to a path on a claim of that namespace, as users do it. */
    public static void upload(LocalCluster cluster, Path folder, String claimAndPath, String namespace) {
        run(
                checkout().resolve("examples/upload"),
                List.of(folder.toString(), claimAndPath, "--namespace=" + namespace),
                cluster.kubectlCommand());
    }

    /** Runs a script of this checkout, with {@code kubectl} as what it calls by that name, and gives the last line that it printed. */
    public static String run(Path script, List<String> arguments, String kubectl) {
        try {
            ProcessBuilder command = new ProcessBuilder(Stream.concat(Stream.of(script.toString()), arguments.stream())
                            .toList())
                    .redirectError(ProcessBuilder.Redirect.INHERIT);
            command.environment().put("KUBECTL", kubectl);
            Process process = command.start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new IllegalStateException(script + " ended with " + process.exitValue() + ": " + output);
            }
            return output.strip().lines().reduce("", (before, line) -> line);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException("interrupted while " + script + " ran", e);
        }
    }
}
