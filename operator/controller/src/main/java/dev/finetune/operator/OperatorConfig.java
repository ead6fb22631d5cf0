package dev.finetune.operator;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.finetune.api.Json;
import dev.finetune.operator.kube.LenientClient;
import io.fabric8.kubernetes.api.model.Quantity;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Everything the operator is told, parsed once. The file is what the chart renders from its values to
 * {@code /etc/finetune-operator/config.yaml}; the environment says who this instance is.
 *
 * @param image image of every pod whose profile names none
 * @param storeClaim the claim in a job's own namespace that holds published models
 * @param namespaces watched namespaces; empty = all
 * @param instance name of this process in events and in the lease
 */
public record OperatorConfig(
        String image,
        String defaultProfile,
        Map<String, Profile> profiles,
        String storeClaim,
        Set<String> namespaces,
        LeaderElection leaderElection,
        int port,
        String instance) {
    /** Where the chart mounts the file. */
    public static final String PATH = "/etc/finetune-operator/config.yaml";

    private static final int DEFAULT_PORT = 8080;
    private static final int MAX_PORT = 65535;
    private static final Pattern CLAIM = Pattern.compile("[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?");
    private static final Set<String> ACCESS_MODES = Set.of("ReadWriteOnce", "ReadWriteMany", "ReadWriteOncePod");

    /** Whether and where the lease is held. */
    public record LeaderElection(boolean enabled, String namespace, String name) {
        /** A lease unrenewed for so long is up for grabs. */
        public static final Duration LEASE = Duration.ofSeconds(8);
    }

    /** The configuration is not usable; the message lists every error. */
    public static final class InvalidConfig extends RuntimeException {
        private static final long serialVersionUID = 1L;

        InvalidConfig(String source, List<String> errors) {
            super(source + " has " + errors.size() + " error(s):\n  - " + String.join("\n  - ", errors));
        }
    }

    private record Written(
            @Nullable String image,
            @Nullable String defaultProfile,
            @Nullable Map<String, Profile> profiles,
            @Nullable Store store,
            @Nullable List<String> namespaces,
            @Nullable Lease leaderElection,
            @Nullable Integer port) {
        record Store(@Nullable String claimName) {}

        record Lease(
                @Nullable Boolean enabled,
                @Nullable String namespace,
                @Nullable String name) {}
    }

    /** Reads the text of the file; {@code source} names it in errors. */
    public static OperatorConfig parse(String source, String yaml, Map<String, String> environment) {
        JsonNode tree = LenientClient.serialization().unmarshal(yaml, JsonNode.class);
        Written written;
        try {
            written = Json.MAPPER.treeToValue(tree, Written.class);
        } catch (JsonProcessingException e) {
            throw new InvalidConfig(source, List.of(e.getOriginalMessage()));
        }
        if (written == null) {
            throw new InvalidConfig(source, List.of("is empty; expected image, profiles, defaultProfile and store"));
        }
        return new Reading(written, environment).finish(source);
    }

    private record Reading(Written written, Map<String, String> environment, List<String> errors) {
        Reading(Written written, Map<String, String> environment) {
            this(written, environment, new ArrayList<>());
        }

        OperatorConfig finish(String source) {
            Map<String, Profile> profiles = written.profiles() == null ? Map.of() : new TreeMap<>(written.profiles());
            if (profiles.isEmpty()) {
                errors.add("profiles: at least one profile is needed");
            }
            profiles.forEach(this::check);
            String fallback = required("defaultProfile", written.defaultProfile());
            if (!fallback.isEmpty() && !profiles.isEmpty() && !profiles.containsKey(fallback)) {
                errors.add("defaultProfile: %s is not one of %s".formatted(fallback, profiles.keySet()));
            }
            int port = written.port() == null ? DEFAULT_PORT : written.port();
            if (port < 0 || port > MAX_PORT) {
                errors.add("port: expected 0 to 65535, got " + port);
            }
            OperatorConfig config = new OperatorConfig(
                    required("image", written.image()),
                    fallback,
                    profiles,
                    required(
                            "store.claimName",
                            written.store() == null ? null : written.store().claimName()),
                    written.namespaces() == null ? Set.of() : Set.copyOf(written.namespaces()),
                    leaderElection(),
                    port,
                    environment.getOrDefault("POD_NAME", "finetune-operator"));
            if (!errors.isEmpty()) {
                throw new InvalidConfig(source, errors);
            }
            return config;
        }

        private LeaderElection leaderElection() {
            Written.Lease lease =
                    written.leaderElection() == null ? new Written.Lease(false, null, null) : written.leaderElection();
            boolean enabled = Boolean.TRUE.equals(lease.enabled());
            String namespace = lease.namespace() != null ? lease.namespace() : environment.get("POD_NAMESPACE");
            if (enabled && namespace == null) {
                errors.add("leaderElection.namespace: state it, or set POD_NAMESPACE from metadata.namespace");
            }
            return new LeaderElection(
                    enabled,
                    namespace == null ? "" : namespace,
                    lease.name() == null ? "finetune-operator" : lease.name());
        }

        private void check(String name, Profile profile) {
            String at = "profiles." + name + ".";
            if (profile.cache() != null) {
                check(at, profile.cache());
            }
            Profile.Workspace workspace = profile.workspace();
            if (workspace == null || workspace.size() == null) {
                errors.add(at + "workspace.size: expected a quantity such as 20Gi");
                return;
            }
            checkQuantity(at + "workspace.size", workspace.size());
            for (String mode : workspace.accessModes() == null ? List.<String>of() : workspace.accessModes()) {
                if (!ACCESS_MODES.contains(mode)) {
                    errors.add(at + "workspace.accessModes: expected one of " + ACCESS_MODES + ", got " + mode);
                }
            }
        }

        private void check(String at, Profile.Cache cache) {
            String claim = cache.claimName();
            if (claim == null || !CLAIM.matcher(claim).matches()) {
                errors.add(at + "cache.claimName: expected the name of a claim such as finetune-cache, got " + claim);
            }
            if (cache.maxSize() != null) {
                checkQuantity(at + "cache.maxSize", cache.maxSize());
            }
        }

        private void checkQuantity(String path, String text) {
            try {
                Quantity.getAmountInBytes(new Quantity(text));
            } catch (IllegalArgumentException | ArithmeticException e) {
                errors.add(path + ": expected a quantity such as 20Gi, got " + text);
            }
        }

        private String required(String path, @Nullable String value) {
            if (value == null || value.isBlank()) {
                errors.add(path + ": is required");
                return "";
            }
            return value;
        }
    }
}
