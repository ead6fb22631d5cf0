package dev.finetune.operator.telemetry;

import io.fabric8.kubernetes.api.model.HasMetadata;
import org.slf4j.MDC;

/** The keys that every log line of a reconciliation carries. */
public final class LogKeys implements AutoCloseable {
    private static final String[] KEYS = {"kind", "namespace", "name", "uid", "generation"};

    private LogKeys() {}

    /** Names {@code object} in every line of this thread until closed. */
    public static LogKeys of(HasMetadata object) {
        MDC.put("kind", object.getKind());
        MDC.put("namespace", object.getMetadata().getNamespace());
        MDC.put("name", object.getMetadata().getName());
        MDC.put("uid", object.getMetadata().getUid());
        MDC.put("generation", String.valueOf(object.getMetadata().getGeneration()));
        return new LogKeys();
    }

    @Override
    public void close() {
        for (String key : KEYS) {
            MDC.remove(key);
        }
    }
}
