package dev.finetune.operator.kube;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.DeserializationConfig;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.deser.BeanDeserializerModifier;
import com.fasterxml.jackson.databind.deser.std.DelegatingDeserializer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.function.Consumer;

/**
 * The only way a client is built. An informer stops for good at the first object that it cannot decode, and with it the
 * operator of every tenant: so unknown fields, unknown enum constants and values of a wrong type are read as absent, and an object
 * of ours remembers which they were.
 */
public final class LenientClient {
    /**
     * Of a request that the server answers with 5xx: some objects are answered so whenever they are written, and the client's own ten
     * retries keep one of the few reconciling threads for twenty seconds each time. What reconciles comes back later by itself.
     */
    private static final int RETRIES = 1;

    private static final KubernetesSerialization SERIALIZATION = lenient();

    private LenientClient() {}

    /** A client for the cluster that the environment names: in-cluster, or the current kubeconfig. */
    public static KubernetesClient create() {
        return create(Config.autoConfigure(null));
    }

    /** A client with that configuration. */
    public static KubernetesClient create(Config config) {
        return create(config, http -> {});
    }

    /** A client with that configuration, whose requests {@code http} may look at. */
    public static KubernetesClient create(Config config, Consumer<HttpClient.Builder> http) {
        config.setRequestRetryBackoffLimit(RETRIES);
        return new KubernetesClientBuilder()
                .withConfig(config)
                .withHttpClientBuilderConsumer(http)
                .withKubernetesSerialization(serialization())
                .build();
    }

    /** Copies as they are read: what was unreadable in the original is known of the copy. */
    public static <R extends HasMetadata> R copy(KubernetesSerialization serialization, R original) {
        R copy = serialization.clone(original);
        if (original instanceof OwnKind from && copy instanceof OwnKind to) {
            to.unreadable(from.unreadable());
        }
        return copy;
    }

    /** How the client reads and writes objects; one for all, as making it looks for every kind there is. */
    public static KubernetesSerialization serialization() {
        return SERIALIZATION;
    }

    private static KubernetesSerialization lenient() {
        ObjectMapper mapper = JsonMapper.builder()
                .serializationInclusion(JsonInclude.Include.NON_NULL)
                .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .enable(DeserializationFeature.READ_UNKNOWN_ENUM_VALUES_AS_NULL)
                .addModule(new SimpleModule("own kinds").setDeserializerModifier(new OwnKinds()))
                .build();
        return new KubernetesSerialization(mapper, true);
    }

    private static final class OwnKinds extends BeanDeserializerModifier {
        private static final long serialVersionUID = 1L;

        @Override
        public JsonDeserializer<?> modifyDeserializer(
                DeserializationConfig config, BeanDescription description, JsonDeserializer<?> deserializer) {
            Class<?> type = description.getBeanClass();
            return OwnKind.class.isAssignableFrom(type) ? new LegibleOnly(deserializer, type) : deserializer;
        }
    }

    /** Reads the whole object as a tree, and from that only what its records can hold. */
    private static final class LegibleOnly extends DelegatingDeserializer {
        private static final long serialVersionUID = 1L;
        private final Class<?> kind;

        LegibleOnly(JsonDeserializer<?> reading, Class<?> kind) {
            super(reading);
            this.kind = kind;
        }

        @Override
        protected JsonDeserializer<?> newDelegatingInstance(JsonDeserializer<?> reading) {
            return new LegibleOnly(reading, kind);
        }

        @Override
        public Object deserialize(JsonParser parser, DeserializationContext context) throws IOException {
            ObjectNode tree = (ObjectNode) context.readTree(parser);
            Type[] members = ((ParameterizedType) kind.getGenericSuperclass()).getActualTypeArguments();
            Legible spec = new Legible();
            tree.set("spec", spec.of(tree.get("spec"), members[0], "spec"));
            tree.set("status", new Legible().of(tree.get("status"), members[1], "status"));
            JsonParser legible = tree.traverse(parser.getCodec());
            legible.nextToken();
            Object object = super.deserialize(legible, context);
            ((OwnKind) object).unreadable(spec.problems());
            return object;
        }
    }
}
