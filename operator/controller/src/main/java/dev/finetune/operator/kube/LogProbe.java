package dev.finetune.operator.kube;

import dev.finetune.operator.desired.StageJob;
import dev.finetune.operator.diagnosis.LogReading;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the end of a stage pod's log: at most once per 10 s for a pod that works, once for a pod that ended, and 20 times a
 * second in all. Between reads the last reading is handed out again.
 */
public final class LogProbe {
    private static final Logger LOG = LoggerFactory.getLogger(LogProbe.class);
    private static final Duration INTERVAL = Duration.ofSeconds(10);
    private static final Duration FORGET = Duration.ofMinutes(5);
    private static final int PER_SECOND = 20;
    private static final int LINES = 200;
    private static final int BYTES = 2 * 1024 * 1024;

    private final KubernetesClient client;
    private final Clock clock;
    private final Map<String, Kept> kept = new ConcurrentHashMap<>();
    private long second;
    private int reads;

    private record Kept(Instant time, boolean ended, LogReading reading) {}

    /** A probe through that client. */
    public LogProbe(KubernetesClient client, Clock clock) {
        this.client = client;
        this.clock = clock;
    }

    /** What the pod's log tells; empty where no read was due or possible. {@code ended}: its container writes no more. */
    public Optional<LogReading> read(Pod pod, boolean ended) {
        Instant now = clock.instant();
        kept.values().removeIf(k -> k.time().plus(FORGET).isBefore(now));
        String uid = Objects.requireNonNull(pod.getMetadata().getUid());
        Kept last = kept.get(uid);
        boolean due = last == null
                || (ended ? !last.ended() : last.time().plus(INTERVAL).isBefore(now));
        if (!due || !mayRead(now)) {
            return Optional.ofNullable(last).map(Kept::reading);
        }
        String name = pod.getMetadata().getName();
        try {
            String text = client.pods()
                    .inNamespace(pod.getMetadata().getNamespace())
                    .withName(name)
                    .inContainer(StageJob.CONTAINER)
                    .limitBytes(BYTES)
                    .tailingLines(LINES)
                    .getLog();
            LogReading reading = LogReading.parse(name, text == null ? "" : text);
            kept.put(uid, new Kept(now, ended, reading));
            return Optional.of(reading);
        } catch (KubernetesClientException e) {
            LOG.atInfo().addKeyValue("pod", name).log("log not read: {}", String.valueOf(e.getMessage()));
            LogReading nothing = LogReading.parse(name, "");
            kept.put(uid, new Kept(now, ended, nothing));
            return Optional.of(nothing);
        }
    }

    private synchronized boolean mayRead(Instant now) {
        if (now.getEpochSecond() != second) {
            second = now.getEpochSecond();
            reads = 0;
        }
        return reads++ < PER_SECOND;
    }
}
