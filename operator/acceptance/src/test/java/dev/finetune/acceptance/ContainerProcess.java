package dev.finetune.acceptance;

import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/**
 * The process of a pod's only container, as the machine sees it: the local node's pods are processes of the machine that the tests
 * run on, so they can be ended, held still and looked into without their help.
 */
public final class ContainerProcess {
    private static final Duration MEMORY_RUNS_OUT_WITHIN = Duration.ofMinutes(1);
    private static final Duration ENDS_WITHIN = Duration.ofSeconds(30);
    private static final long MARGIN = 2L << 20;

    private final ProcessHandle process;

    private ContainerProcess(ProcessHandle process) {
        this.process = process;
    }

    /** The process of that pod's running container; empty where it is not running. */
    public static Optional<ContainerProcess> of(Pod pod) {
        if (pod.getStatus() == null) {
            return Optional.empty();
        }
        return pod.getStatus().getContainerStatuses().stream()
                .filter(c -> c.getState() != null && c.getState().getRunning() != null)
                .map(ContainerStatus::getContainerID)
                .map(id -> id.substring(id.lastIndexOf('/') + 1))
                .flatMap(
                        id -> ProcessHandle.allProcesses().filter(p -> groups(p).contains(id)))
                .map(ContainerProcess::new)
                .findFirst();
    }

    /** SIGKILL, and waits for the end, until which it still counts as running; false where it had ended before. */
    public boolean kill() {
        boolean killed = process.destroyForcibly();
        process.onExit().orTimeout(ENDS_WITHIN.toSeconds(), TimeUnit.SECONDS).join();
        return killed;
    }

    /** SIGTERM; false where it had ended before. */
    public boolean terminate() {
        return process.destroy();
    }

    /** Stops it where it stands, until it is let go on. */
    public void hold() {
        signal("STOP");
    }

    /** Lets it go on. */
    public void letGo() {
        signal("CONT");
    }

    /** The root of its file system, with everything that is mounted there. */
    public Path root() {
        return proc(process).resolve("root");
    }

    /** The lines of its {@code mountinfo}. */
    public List<String> mounts() {
        return read(proc(process).resolve("mountinfo")).lines().toList();
    }

    /**
     * Lowers the container's memory limit to what it has, again and again, until the kernel ends it for wanting more.
     *
     * @return false where it ended before the limit could be lowered
     */
    public boolean starve() {
        Optional<MemoryGroup> group = MemoryGroup.of(process);
        group.ifPresent(g -> Awaitility.await("the kernel ends process " + process.pid())
                .atMost(MEMORY_RUNS_OUT_WITHIN)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(10))
                .until(() -> {
                    g.tighten();
                    return !process.isAlive();
                }));
        return group.isPresent();
    }

    private void signal(String name) {
        try {
            int code = new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid()))
                    .inheritIO()
                    .start()
                    .waitFor();
            if (code != 0) {
                throw new IllegalStateException("process " + process.pid() + " does not take SIG" + name);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException("interrupted while process " + process.pid() + " got SIG" + name, e);
        }
    }

    private static Path proc(ProcessHandle process) {
        return Path.of("/proc", String.valueOf(process.pid()));
    }

    /** Empty where the process is gone. */
    private static String groups(ProcessHandle process) {
        try {
            return Files.readString(proc(process).resolve("cgroup"));
        } catch (IOException e) {
            return "";
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A control group's memory, under version 1 or 2. */
    private record MemoryGroup(Path limit, Path usage, Path statistics) {
        static Optional<MemoryGroup> of(ProcessHandle process) {
            List<String> lines = groups(process).lines().toList();
            Optional<MemoryGroup> first = path(lines, ":memory:")
                    .map(p -> Path.of("/sys/fs/cgroup/memory" + p))
                    .map(f -> new MemoryGroup(
                            f.resolve("memory.limit_in_bytes"),
                            f.resolve("memory.usage_in_bytes"),
                            f.resolve("memory.stat")));
            return first.or(() -> path(lines, "0::")
                    .map(p -> Path.of("/sys/fs/cgroup" + p))
                    .map(f -> new MemoryGroup(
                            f.resolve("memory.max"), f.resolve("memory.current"), f.resolve("memory.stat"))));
        }

        private static Optional<String> path(List<String> lines, String key) {
            return lines.stream()
                    .filter(l -> l.contains(key))
                    .map(l -> l.substring(l.indexOf(key) + key.length()))
                    .findFirst();
        }

        /** Never raises it. Cached files do not count: the kernel takes them back first. */
        void tighten() {
            try {
                long wanted = number(usage) - files() + MARGIN;
                if (wanted < number(limit)) {
                    Files.writeString(limit, Long.toString(wanted));
                }
            } catch (IOException e) {
                // Version 1 refuses a limit that is below what cannot be taken back, and the group goes with its
                // process: the next
                // look tells which.
            }
        }

        private long files() throws IOException {
            try (Stream<String> lines = Files.lines(statistics)) {
                return lines.filter(l -> l.startsWith("active_file ") || l.startsWith("inactive_file "))
                        .mapToLong(l -> Long.parseLong(l.substring(l.indexOf(' ') + 1)))
                        .sum();
            }
        }

        private static long number(Path file) throws IOException {
            String text = Files.readString(file).strip();
            return text.equals("max") ? Long.MAX_VALUE : Long.parseLong(text);
        }
    }
}
