package dev.finetune.operator.kube;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads the events of one object. Nothing watches events: a busy cluster has more of them than of anything else. */
public final class EventProbe {
    private static final Logger LOG = LoggerFactory.getLogger(EventProbe.class);
    private static final long AT_MOST = 50;

    private final KubernetesClient client;

    /** A probe through that client. */
    public EventProbe(KubernetesClient client) {
        this.client = client;
    }

    /** The events of {@code object}; none where they cannot be read. */
    public List<Event> of(HasMetadata object) {
        try {
            return client.v1()
                    .events()
                    .inNamespace(object.getMetadata().getNamespace())
                    .withField("involvedObject.uid", object.getMetadata().getUid())
                    .list(new ListOptionsBuilder().withLimit(AT_MOST).build())
                    .getItems();
        } catch (KubernetesClientException e) {
            LOG.atInfo().log("events not read: {}", String.valueOf(e.getMessage()));
            return List.of();
        }
    }
}
