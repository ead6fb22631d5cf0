package dev.finetune.operator.kube;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import java.util.Set;

/** Watches of what our objects own. */
public final class ChildWatch {
    private ChildWatch() {}

    /** Only what carries {@code label}, whose value is the owner's name, is watched: what users own never fills our memory. */
    public static <C extends HasMetadata, R extends HasMetadata> EventSource<C, R> of(
            Class<C> child, Class<R> owner, String label, EventSourceContext<R> context) {
        return new InformerEventSource<>(
                InformerEventSourceConfiguration.from(child, owner)
                        .withLabelSelector(label)
                        .withSecondaryToPrimaryMapper(found -> Set.of(new ResourceID(
                                found.getMetadata().getLabels().get(label),
                                found.getMetadata().getNamespace())))
                        .build(),
                context);
    }
}
