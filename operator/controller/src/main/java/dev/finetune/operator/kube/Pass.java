package dev.finetune.operator.kube;

import dev.finetune.operator.desired.Decision;
import io.fabric8.kubernetes.client.CustomResource;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import java.time.Duration;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One pass of a reconciler from what was observed to when to look again.
 *
 * @param <R> the kind
 * @param <S> its status
 * @param <O> what is observed about an object of it
 */
public final class Pass<R extends CustomResource<?, S>, S, O> {
    private static final Logger LOG = LoggerFactory.getLogger(Pass.class);
    private static final Duration AT_ONCE = Duration.ofMillis(200);
    private static final Duration SOON = Duration.ofSeconds(2);

    private final Applier applier;
    private final Function<O, Decision<S>> decider;
    private final BiFunction<O, Outcome.Refused<R>, Decision<S>> afterRefusal;

    /** A pass that decides once, and once more where the API server refused an object, so that the status says so. */
    public Pass(
            Applier applier,
            Function<O, Decision<S>> decider,
            BiFunction<O, Outcome.Refused<R>, Decision<S>> afterRefusal) {
        this.applier = applier;
        this.decider = decider;
        this.afterRefusal = afterRefusal;
    }

    /** Decides about {@code primary}, which is what {@code seen} was observed of, and has the decision carried out. */
    public UpdateControl<R> run(R primary, O seen, Context<R> context) {
        Decision<S> decision = decider.apply(seen);
        decision.events()
                .forEach(e -> LOG.atInfo().addKeyValue("reason", e.reason()).log("{}", e.note()));
        return switch (applier.apply(primary, decision, context)) {
            case Outcome.Done<R> done -> again(decision);
            case Outcome.Stale<R> stale -> after(AT_ONCE);
            case Outcome.Conflict<R> conflict -> after(AT_ONCE);
            case Outcome.Waiting<R> waiting -> {
                LOG.atInfo().addKeyValue("pod", waiting.pod()).log("waits until an earlier pod has ended");
                yield after(SOON);
            }
            case Outcome.Refused<R> refused -> {
                Decision<S> second = afterRefusal.apply(seen, refused);
                applier.apply(refused.primary(), second, context);
                yield again(second);
            }
        };
    }

    private UpdateControl<R> again(Decision<S> decision) {
        return decision.requeueAfter().map(this::after).orElseGet(UpdateControl::noUpdate);
    }

    private UpdateControl<R> after(Duration delay) {
        return UpdateControl.<R>noUpdate().rescheduleAfter(delay);
    }
}
