package dev.finetune.operator.telemetry;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.javaoperatorsdk.operator.api.monitoring.Metrics;
import io.javaoperatorsdk.operator.api.reconciler.RetryInfo;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Counts and times reconciliations by kind only: names of users' objects would grow the series without bound. */
public final class ReconcileMetrics implements Metrics {
    private final MeterRegistry registry;

    /** Metrics into that registry. */
    public ReconcileMetrics(MeterRegistry registry) {
        this.registry = registry;
    }

    @Override
    public void reconcileCustomResource(HasMetadata resource, @Nullable RetryInfo retry, Map<String, Object> metadata) {
        count("reconciliations.started", resource.getKind());
        if (retry != null) {
            count("reconciliations.retries", resource.getKind());
        }
    }

    @Override
    public void finishedReconciliation(HasMetadata resource, Map<String, Object> metadata) {
        count("reconciliations.success", resource.getKind());
    }

    @Override
    public void failedReconciliation(HasMetadata resource, Exception cause, Map<String, Object> metadata) {
        count("reconciliations.failure", resource.getKind());
    }

    @Override
    public <T> T timeControllerExecution(ControllerExecution<T> execution) throws Exception {
        Timer.Sample sample = Timer.start(registry);
        try {
            return execution.execute();
        } finally {
            sample.stop(registry.timer(
                    "reconciliations.execution.duration",
                    "controller",
                    execution.controllerName().toLowerCase(Locale.ROOT)));
        }
    }

    private void count(String meter, String kind) {
        registry.counter(meter, "kind", kind).increment();
    }
}
