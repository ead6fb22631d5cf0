package dev.finetune.acceptance.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.finetune.acceptance.ContainerProcess;
import dev.finetune.acceptance.Contended;
import dev.finetune.acceptance.LocalCluster;
import dev.finetune.api.run.PodPaths;
import dev.finetune.api.run.Stage;
import dev.finetune.operator.desired.Names;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a train pod that works can open of the test set. Every row of the data bears a mark of its own; the file systems of the running
 * containers are searched for marks, so that a change of the volumes' layout cannot hide a way to the test rows.
 */
@Order(3)
@ResourceLock(value = Contended.OPERATOR, mode = ResourceAccessMode.READ)
class HiddenTestSplitIT {
    @RegisterExtension
    static final LocalCluster CLUSTER = LocalCluster.node();

    private static final String MARK_PREFIX = "zqmark";
    private static final Pattern MARK = Pattern.compile(MARK_PREFIX + "\\d{4}");
    private static final int MARK_LENGTH = MARK_PREFIX.length() + 4;
    private static final int ROWS = 240;
    private static final int TEST_ROWS = 150;
    private static final int PIECE = 1 << 22;

    /** Where nothing but the kernel's own is mounted. */
    private static final Set<String> KERNEL = Set.of("/proc", "/sys", "/dev");

    private static final Set<String> OF_EVERY_POD =
            Set.of("/etc/finetune", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/tmp");

    /** Where the test rows are for others, and ways around. */
    private static final List<String> WAYS = List.of(
            "workspace/test",
            "workspace/train/../test",
            "workspace/model/../test",
            "workspace/run/../test",
            "workspace/train/test",
            "workspace/run/test",
            "sources",
            "store");

    private static final Map<String, Future<Views>> views = new HashMap<>();

    private static SmallJobs jobs;
    private static ExecutorService lookers;

    /** What two stages of a job have before their eyes. */
    private record Views(View train, View evaluate) {}

    /** Both jobs run at once, as each waits for its pods most of the time. */
    @BeforeAll
    static void startBoth() {
        jobs = SmallJobs.in(CLUSTER);
        jobs.data("marked", marked("train.tsv", ROWS, 0), marked("test.tsv", TEST_ROWS, ROWS));
        lookers = Executors.newCachedThreadPool();
        start("given", "storageUri: \"configmap://marked/test.tsv\"");
        start("cut", "fraction: \"0.4\"");
    }

    private static void start(String name, String test) {
        jobs.submit(
                name,
                m -> m.replace("configmap://messages/train.tsv", "configmap://marked/train.tsv")
                        .replace("storageUri: \"configmap://messages/test.tsv\"", test));
        views.put(name, lookers.submit(() -> new Views(look(name, Stage.train), look(name, Stage.evaluate))));
    }

    @AfterAll
    static void stop() {
        if (lookers != null) {
            lookers.shutdownNow();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"given", "cut"})
    void trainCannotOpenTheTestSplit(String name) throws Exception {
        // when
        View train = views.get(name).get().train();
        View evaluate = views.get(name).get().evaluate();
        Set<String> testRows = evaluate.below(PodPaths.WORKSPACE + "/test");

        // then: the rows are where evaluate reads them, and nowhere in train
        assertThat(testRows).hasSizeGreaterThan(50);
        assertThat(train.below("/")).hasSizeGreaterThan(100).doesNotContainAnyElementsOf(testRows);
        // and train is given these folders, and no other
        assertThat(train.mounts())
                .containsExactlyInAnyOrder(
                        PodPaths.WORKSPACE + "/model <- model",
                        PodPaths.WORKSPACE + "/train <- train",
                        PodPaths.WORKSPACE + "/run <- run");
        assertThat(evaluate.mounts()).contains(PodPaths.WORKSPACE + "/test <- test");
        assertThat(train.opened()).isEmpty();
        assertThat(evaluate.opened()).isNotEmpty();
        // and its plan does not say where they come from
        JsonNode plan = plan(name, Stage.train);
        assertThat(plan.at("/spec/dataset/train").isMissingNode()).isFalse();
        assertThat(plan.at("/spec/dataset/test").isMissingNode()).isTrue();
        assertThat(plan.toString()).doesNotContain("test.tsv", "0.4");
        assertThat(plan(name, Stage.prepare).at("/spec/dataset/test").isMissingNode())
                .isFalse();
    }

    /** What a working container has before its eyes. */
    private record View(Map<Path, Set<String>> marks, List<String> mounts, List<String> opened) {
        static View of(ContainerProcess process) {
            Map<String, String> mounts = mounts(process);
            Map<Path, Set<String>> marks = new TreeMap<>();
            for (String point : mounts.keySet()) {
                search(process.root(), point, marks);
            }
            List<String> given = mounts.entrySet().stream()
                    .filter(e -> !OF_EVERY_POD.contains(e.getKey()))
                    .map(e -> e.getKey() + " <- " + e.getValue())
                    .toList();
            List<String> opened = WAYS.stream()
                    .filter(way -> Files.exists(process.root().resolve(way)))
                    .toList();
            return new View(marks, given, opened);
        }

        /** The marks that stand in files below that folder. */
        Set<String> below(String folder) {
            return marks.entrySet().stream()
                    .filter(e -> e.getKey().startsWith(folder))
                    .flatMap(e -> e.getValue().stream())
                    .collect(Collectors.toCollection(TreeSet::new));
        }

        /** Mount points, but for the image's root and the kernel's own, each with the name of the folder that is mounted there. */
        private static Map<String, String> mounts(ContainerProcess process) {
            Map<String, String> mounts = new TreeMap<>();
            for (String line : process.mounts()) {
                String[] fields = line.split(" ");
                String point = fields[4];
                boolean kernel = KERNEL.stream().anyMatch(k -> point.equals(k) || point.startsWith(k + "/"));
                if (!kernel && !point.equals("/")) {
                    mounts.put(point, fields[3].substring(fields[3].lastIndexOf('/') + 1));
                }
            }
            return mounts;
        }

        private static void search(Path root, String point, Map<Path, Set<String>> marks) {
            try (Stream<Path> files = Files.walk(root.resolve(point.substring(1)))) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    Set<String> found = found(file);
                    if (!found.isEmpty()) {
                        marks.put(Path.of("/").resolve(root.relativize(file)), found);
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Read in pieces that overlap by a mark. */
        private static Set<String> found(Path file) throws IOException {
            Set<String> found = new TreeSet<>();
            byte[] buffer = new byte[PIECE];
            int kept = 0;
            try (InputStream in = Files.newInputStream(file)) {
                for (int read = in.read(buffer); read > 0; read = in.read(buffer, kept, buffer.length - kept)) {
                    int length = kept + read;
                    String text = new String(buffer, 0, length, StandardCharsets.ISO_8859_1);
                    if (text.contains(MARK_PREFIX)) {
                        MARK.matcher(text).results().map(MatchResult::group).forEach(found::add);
                    }
                    kept = Math.min(length, MARK_LENGTH - 1);
                    System.arraycopy(buffer, length - kept, buffer, 0, kept);
                }
            }
            return found;
        }
    }

    /** What that stage's pod sees, held still meanwhile. */
    private static View look(String name, Stage stage) {
        Pod pod = jobs.awaitRunning(name, stage, Set.of());
        if (stage == Stage.train) {
            Awaitility.await("the first step of " + name)
                    .atMost(SmallJobs.LONG)
                    .pollInterval(Duration.ofMillis(500))
                    .until(() -> jobs.wentOnFrom(pod.getMetadata().getName()).isPresent());
        }
        ContainerProcess process = ContainerProcess.of(pod).orElseThrow();
        process.hold();
        try {
            return View.of(process);
        } finally {
            process.letGo();
        }
    }

    private static JsonNode plan(String name, Stage stage) {
        return SmallJobs.json(jobs.client
                .configMaps()
                .inNamespace(jobs.namespace)
                .withName(Names.plan(name, stage, 1))
                .get()
                .getData()
                .get("plan.json"));
    }

    /** Rows of the example's file, each with its number as a last word. */
    private static String marked(String file, int rows, int first) {
        List<String> lines = jobs.lines(file, rows).lines().toList();
        return IntStream.range(0, lines.size())
                .mapToObj(n -> lines.get(n) + " " + MARK_PREFIX + "%04d".formatted(first + n) + "\n")
                .collect(Collectors.joining());
    }
}
