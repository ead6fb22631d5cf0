package dev.finetune.operator.kube;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.List;
import java.util.Optional;

/** Single live reads, for what no informer of ours watches. */
public final class Lookup {
    private final KubernetesClient client;

    /** Lookups through that client. */
    public Lookup(KubernetesClient client) {
        this.client = client;
    }

    /** The object of that kind and name as it is now. */
    public <T extends HasMetadata> Optional<T> get(Class<T> type, String namespace, String name) {
        return Optional.ofNullable(
                client.resources(type).inNamespace(namespace).withName(name).get());
    }

    /** All objects of that kind in the namespace as they are now. */
    public <T extends HasMetadata> List<T> list(Class<T> type, String namespace) {
        return client.resources(type).inNamespace(namespace).list().getItems();
    }
}
