package dev.finetune.trainer.source;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.finetune.api.FailureClass;
import dev.finetune.api.Json;
import dev.finetune.api.run.StageException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;

/**
 * Who asks a registry: the entry of a docker config ({@code {"auths": {"registry/path": {...}}}}) whose place is the longest beginning of registry and repository. Not a record,
 * so that nothing shows what it holds.
 */
final class OciLogin {
    private final String registry;
    private final Credentials credentials;
    private final JsonNode entry;

    private OciLogin(String registry, Credentials credentials, JsonNode entry) {
        this.registry = registry;
        this.credentials = credentials;
        this.entry = entry;
    }

    /** The login for a repository; one that says nothing where there is no entry for it. */
    static OciLogin of(Credentials credentials, String registry, String repository) {
        JsonNode found = Json.MAPPER.missingNode();
        int longest = 0;
        for (Map.Entry<String, JsonNode> entry : auths(credentials).properties()) {
            String place = entry.getKey()
                    .replaceFirst("^https?://", "")
                    .replaceFirst("/v[12]/?$", "")
                    .replaceFirst("/+$", "");
            if (place.length() > longest && (registry + "/" + repository + "/").startsWith(place + "/")) {
                longest = place.length();
                found = entry.getValue();
            }
        }
        return new OciLogin(registry, credentials, found);
    }

    private static JsonNode auths(Credentials credentials) {
        Optional<String> config = credentials.get(Credentials.REGISTRIES);
        if (config.isEmpty()) {
            return Json.MAPPER.missingNode();
        }
        try {
            return Json.MAPPER.readTree(config.get()).path("auths");
        } catch (JsonProcessingException e) {
            // Without the parser's words, which repeat what they stumble over.
            throw unusable(
                    credentials, "{\"auths\": {\"registry\": {\"username\": ..., \"password\": ...}}} was expected");
        }
    }

    private static StageException unusable(Credentials credentials, String why) {
        return new StageException(
                FailureClass.SourceUnavailable,
                "Cannot use " + Credentials.REGISTRIES + " of " + credentials.described() + ": " + why + ".");
    }

    /** Name and password, as HTTP's Basic scheme writes them. */
    Optional<String> basic() {
        String auth = entry.path("auth").asText();
        if (!auth.isEmpty()) {
            try {
                byte[] decoded = Base64.getDecoder().decode(auth);
                return Optional.of(Base64.getEncoder().encodeToString(decoded));
            } catch (IllegalArgumentException e) {
                throw unusable(credentials, "auth of '" + registry + "' is not in base64");
            }
        }
        String name = entry.path("username").asText();
        return name.isEmpty()
                ? Optional.empty()
                : Optional.of(Base64.getEncoder()
                        .encodeToString(
                                (name + ":" + entry.path("password").asText()).getBytes(StandardCharsets.UTF_8)));
    }

    /** A refresh token, for which the registry's token service gives access tokens. */
    Optional<String> identityToken() {
        return Optional.of(entry.path("identitytoken").asText()).filter(t -> !t.isEmpty());
    }

    /** Why it was not enough, and what to do. */
    String whenRefused(String repository, String what) {
        return entry.isMissingNode()
                ? "it asks for a login, and "
                        + (credentials instanceof Credentials.None
                                ? credentials.described()
                                : credentials.described() + " has none for '" + registry + "' in "
                                        + Credentials.REGISTRIES)
                        + ": name a Secret of type kubernetes.io/dockerconfigjson with an entry for '" + registry
                        + "' in secretRef. A repository that does not exist is answered like this as well"
                : "the login for '" + registry + "' in " + Credentials.REGISTRIES + " of " + credentials.described()
                        + " is wrong or expired, or may not " + what + " '" + repository + "'";
    }
}
