package dev.finetune.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The script's promises about the machine, on clusters of its own beside whatever else runs. */
class ClusterScriptIT {
    private static final ClusterScript NODE = ClusterScript.ofThisCheckout("--name", "script-test");
    private static final ClusterScript CONTROL_PLANE =
            ClusterScript.ofThisCheckout("--control-plane", "--name", "script-test");

    @BeforeAll
    static void startFromNothing() {
        ClusterScript.Result down = NODE.run("down");
        if (down.exitCode() == ClusterScript.NOT_POSSIBLE_HERE) {
            System.err.println("SKIPPED: tests of the cluster script: " + down.messages());
        }
        Assumptions.assumeTrue(down.exitCode() == 0, down.messages());
        CONTROL_PLANE.run("down").outputOrThrow();
    }

    @AfterAll
    static void leaveNothing() {
        NODE.run("down");
        CONTROL_PLANE.run("down");
    }

    @Test
    void upIsIdempotentAndDownLeavesNothing() throws Exception {
        synchronized (Installation.MOUNTS) {
            thenUpIsIdempotentAndDownLeavesNothing();
        }
    }

    private static void thenUpIsIdempotentAndDownLeavesNothing() throws IOException {
        List<String> rulesBefore = lines("iptables-save");
        long mountsBefore = Files.readAllLines(Path.of("/proc/self/mounts")).size();

        String kubeconfig = NODE.run("up").outputOrThrow();
        assertThat(Path.of(kubeconfig)).exists();
        assertThat(NODE.run("status").exitCode()).isZero();
        assertThat(NODE.run("kubectl", "get", "nodes", "-o", "name").outputOrThrow())
                .isEqualTo("node/node");
        assertThat(traces(kubeconfig)).isNotEmpty();

        ClusterScript.Result again = NODE.run("up");
        assertThat(again.outputOrThrow()).isEqualTo(kubeconfig);
        assertThat(again.messages()).contains("runs already");

        NODE.run("down").outputOrThrow();
        assertThat(traces(kubeconfig)).isEmpty();
        assertThat(NODE.run("status").exitCode()).isEqualTo(1);
        assertThat(lines("iptables-save")).isEqualTo(rulesBefore);
        assertThat(Files.readAllLines(Path.of("/proc/self/mounts"))).hasSize((int) mountsBefore);
    }

    @Test
    void anEndedComponentIsStartedAgainAndAnEndedClusterComesBackWithItsData() {
        String kubeconfig = CONTROL_PLANE.run("up").outputOrThrow();
        CONTROL_PLANE.run("kubectl", "create", "configmap", "kept").outputOrThrow();

        process(kubeconfig, "kube-apiserver").destroyForcibly();
        Awaitility.await("the API server comes back")
                .atMost(Duration.ofSeconds(90))
                .until(() -> CONTROL_PLANE.run("status").exitCode() == 0);

        process(kubeconfig, "unshare").destroyForcibly();
        Awaitility.await("its end is seen")
                .atMost(Duration.ofSeconds(30))
                .until(() -> CONTROL_PLANE.run("status").exitCode() == 1);
        assertThat(CONTROL_PLANE.run("up").messages()).contains("on its data");
        assertThat(CONTROL_PLANE
                        .run("kubectl", "get", "configmap", "kept", "-o", "name")
                        .outputOrThrow())
                .isEqualTo("configmap/kept");
    }

    @Test
    void anUpThatWasKilledIsRepairedByTheNext() throws Exception {
        CONTROL_PLANE.run("down").outputOrThrow();
        Process killed = CONTROL_PLANE.start("up");
        try (BufferedReader messages = killed.errorReader()) {
            assertThat(messages.readLine()).contains("network");
            killed.destroyForcibly().waitFor();
        }

        CONTROL_PLANE.run("up").outputOrThrow();

        assertThat(CONTROL_PLANE.run("status").exitCode()).isZero();
    }

    @Test
    void withoutRootItSaysSoInOneSentence() {
        ClusterScript.Result refused = NODE.runAs(65534, "up");

        assertThat(refused.exitCode()).isEqualTo(ClusterScript.NOT_POSSIBLE_HERE);
        assertThat(refused.messages().lines()).singleElement().asString().contains("needs Linux and root");
    }

    /** Everything on the machine that carries the cluster's id: processes, links, mounts, control groups, folders. */
    private static List<String> traces(String kubeconfig) throws IOException {
        String id = Path.of(kubeconfig).getParent().getFileName().toString();
        Stream<String> processes = ProcessHandle.allProcesses()
                .map(process -> process.info().commandLine().orElse(""));
        Stream<String> folders;
        try (Stream<Path> groups = Files.find(Path.of("/sys/fs/cgroup"), 2, (path, facts) -> facts.isDirectory())) {
            folders = groups.map(Path::toString).toList().stream();
        }
        return Stream.of(
                        processes,
                        folders,
                        lines("ip", "-oneline", "link").stream(),
                        Files.readAllLines(Path.of("/proc/self/mounts")).stream(),
                        Stream.of(Path.of(kubeconfig).getParent())
                                .filter(Files::exists)
                                .map(Path::toString))
                .flatMap(facts -> facts)
                .filter(fact -> fact.contains(id))
                .toList();
    }

    private static ProcessHandle process(String kubeconfig, String program) {
        String state = Path.of(kubeconfig).getParent().toString();
        return ProcessHandle.allProcesses()
                .filter(process -> process.info().commandLine().orElse("").contains(state))
                .filter(process -> process.info().command().orElse("").endsWith(program))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no process " + program + " of " + state));
    }

    private static List<String> lines(String... command) throws IOException {
        try (BufferedReader output =
                new ProcessBuilder(command).redirectErrorStream(true).start().inputReader()) {
            // iptables-save stamps its output with the time.
            return output.lines().filter(line -> !line.startsWith("#")).toList();
        }
    }
}
