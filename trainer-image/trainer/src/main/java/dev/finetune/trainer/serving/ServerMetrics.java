package dev.finetune.trainer.serving;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

/** What a server counts, in the names that KServe's dashboards know where they have one. */
final class ServerMetrics {
    private static final Duration[] BUCKETS = {
        Duration.ofMillis(1),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(25),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofMillis(2500),
        Duration.ofSeconds(5),
        Duration.ofSeconds(10),
        Duration.ofSeconds(30)
    };

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final RunningMean mean = new RunningMean();
    private volatile Tags model = Tags.of("model_name", "", "model_version", "");

    ServerMetrics() {
        new JvmMemoryMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
    }

    /** Everything counted from now on belongs to that model. */
    void model(LoadedModel.Identity identity) {
        model = Tags.of("model_name", identity.name(), "model_version", identity.version());
        Gauge.builder("finetune.model.info", () -> 1)
                .description("The model that is served.")
                .tags(model.and("model_digest", identity.digest()))
                .register(registry);
    }

    /** The model answers with numbers: their mean is of interest. */
    void numbers() {
        Gauge.builder("finetune.predicted.number.mean", mean, RunningMean::value)
                .description("The mean of all predicted numbers.")
                .tags(model)
                .register(registry);
    }

    void queue(IntSupplier size) {
        Gauge.builder("finetune.queue.size", size::getAsInt)
                .description("Texts that wait for the engine.")
                .register(registry);
    }

    void inFlight(IntSupplier count) {
        Gauge.builder("finetune.requests.in.flight", count::getAsInt)
                .description("Requests that are being answered.")
                .register(registry);
    }

    /** A request for predictions was answered with that status. */
    void answered(int status, long nanos) {
        timer(
                        "finetune.request",
                        "From the first byte of a request to the last of its answer.",
                        model.and("code", String.valueOf(status)))
                .record(nanos, TimeUnit.NANOSECONDS);
    }

    /** A request got its scores: so long in line, so long in the engine. */
    void predicted(long queuedNanos, long predictNanos) {
        timer("request.queue", "Waiting for the engine.", model).record(queuedNanos, TimeUnit.NANOSECONDS);
        timer("request.predict", "From leaving the line to the scores.", model)
                .record(predictNanos, TimeUnit.NANOSECONDS);
    }

    /** The engine scored one batch. */
    void scored(int batchSize, long nanos) {
        DistributionSummary.builder("finetune.batch.size")
                .description("Texts per batch.")
                .serviceLevelObjectives(1, 2, 4, 8, 16, 32, 64)
                .tags(model)
                .register(registry)
                .record(batchSize);
        timer("finetune.batch", "Scoring one batch.", model).record(nanos, TimeUnit.NANOSECONDS);
    }

    /** That label was the answer: its share over time shows drift. */
    void label(String label) {
        Counter.builder("finetune.predictions")
                .description("Texts by predicted label.")
                .tags(model.and("label", label))
                .register(registry)
                .increment();
    }

    /** Those labels, or entities of those types, were the answer: each is counted, and a text without any under the empty name. */
    void labels(List<String> labels) {
        (labels.isEmpty() ? List.of("") : labels).forEach(this::label);
    }

    /** That number was the answer: its mean over time shows drift. */
    void number(double value) {
        Counter.builder("finetune.predictions")
                .description("Texts by predicted label.")
                .tags(model.and("label", ""))
                .register(registry)
                .increment();
        mean.add(value);
    }

    /** All of it in Prometheus' text format. */
    String scrape() {
        return registry.scrape();
    }

    private Timer timer(String name, String description, Tags tags) {
        return Timer.builder(name)
                .description(description)
                .serviceLevelObjectives(BUCKETS)
                .tags(tags)
                .register(registry);
    }

    /** Of any sign, which no counter and no summary takes. */
    private static final class RunningMean {
        private double mean;
        private long count;

        synchronized void add(double value) {
            count++;
            mean += (value - mean) / count;
        }

        synchronized double value() {
            return mean;
        }
    }
}
