package dev.finetune.trainer.source;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.finetune.api.FailureClass;
import dev.finetune.api.Json;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.storage.DurableFiles;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Requests to one repository of a registry, with the login that the registry asks for: Basic, or a token of the service that it names
 * (Distribution's token authentication). What proves the login goes to the registry alone, and name and password to the token service that the registry names; neither follows a
 * redirect to another host. A login is asked for only after the registry refused to do without, and again when a token has expired.
 */
final class OciSession {
    private static final Pattern PARAMETER = Pattern.compile("([A-Za-z_]+)\\s*=\\s*(?:\"([^\"]*)\"|([^\\s,\"]+))");
    private static final int MOST_OF_AN_ANSWER = 1 << 20;
    private static final String AUTHORIZATION = "Authorization";

    private final String registry;
    private final String repository;
    private final OciLogin login;
    private final SafeConnection connections;
    private final Access access;
    private @Nullable String authorization;

    OciSession(String registry, String repository, OciLogin login, SafeConnection connections, Access access) {
        this.registry = registry;
        this.repository = repository;
        this.login = login;
        this.connections = connections;
        this.access = access;
    }

    /** What the repository is opened for. */
    enum Access {
        read("pull", FailureClass.SourceUnavailable),
        write("pull,push", FailureClass.StorageUnavailable);

        private final String actions;
        private final FailureClass failure;

        Access(String actions, FailureClass failure) {
            this.actions = actions;
            this.failure = failure;
        }
    }

    /** What follows the header of a request. */
    record Body(long size, DurableFiles.Body content) {
        static final Body EMPTY = new Body(0, out -> {});

        static Body of(byte[] bytes) {
            return new Body(bytes.length, out -> out.write(bytes));
        }

        private void writeTo(HttpURLConnection connection) throws IOException {
            connection.setDoOutput(true);
            connection.setFixedLengthStreamingMode(size);
            try (OutputStream out = connection.getOutputStream()) {
                content.writeTo(out);
            }
        }
    }

    /** Sends a GET, following redirects; the answer is anything but a redirect. */
    HttpURLConnection get(URI address, Map<String, String> headers) throws IOException {
        HttpURLConnection answer = connections.get(address, withLogin(address, headers));
        return isRenewed(answer) ? connections.get(address, withLogin(address, headers)) : answer;
    }

    /** Sends a request; redirects are not followed. */
    HttpURLConnection send(String method, URI address, Map<String, String> headers, @Nullable Body body)
            throws IOException {
        HttpURLConnection answer = sendOnce(method, address, headers, body);
        return isRenewed(answer) ? sendOnce(method, address, headers, body) : answer;
    }

    private HttpURLConnection sendOnce(String method, URI address, Map<String, String> headers, @Nullable Body body)
            throws IOException {
        HttpURLConnection connection = connections.request(method, address, withLogin(address, headers));
        if (body != null) {
            body.writeTo(connection);
        }
        return connection;
    }

    private Map<String, String> withLogin(URI address, Map<String, String> headers) {
        if (authorization == null || !isRegistry(address)) {
            return headers;
        }
        Map<String, String> all = new HashMap<>(headers);
        all.put(AUTHORIZATION, authorization);
        return all;
    }

    private boolean isRegistry(URI address) {
        return registry.equalsIgnoreCase(address.getRawAuthority());
    }

    /** Whether the registry refused for want of a login, and there is a new one now. */
    private boolean isRenewed(HttpURLConnection answer) throws IOException {
        if (answer.getResponseCode() != HttpURLConnection.HTTP_UNAUTHORIZED
                || !isRegistry(URI.create(answer.getURL().toString()))) {
            return false;
        }
        String before = authorization;
        authorization = null;
        for (String challenge : challenges(answer)) {
            if (startsWith(challenge, "Bearer")) {
                authorization = "Bearer " + token(parameters(challenge));
            } else if (startsWith(challenge, "Basic") && authorization == null) {
                authorization = login.basic().map(b -> "Basic " + b).orElse(null);
            }
        }
        if (authorization == null || authorization.equals(before)) {
            return false;
        }
        answer.disconnect();
        return true;
    }

    private static List<String> challenges(HttpURLConnection answer) {
        return answer.getHeaderFields().entrySet().stream()
                .filter(h -> "WWW-Authenticate".equalsIgnoreCase(h.getKey()))
                .flatMap(h -> h.getValue().stream())
                .toList();
    }

    private static boolean startsWith(String challenge, String scheme) {
        return challenge.regionMatches(true, 0, scheme + " ", 0, scheme.length() + 1);
    }

    private static Map<String, String> parameters(String challenge) {
        Map<String, String> parameters = new HashMap<>();
        for (Matcher m = PARAMETER.matcher(challenge); m.find(); ) {
            parameters.put(m.group(1).toLowerCase(Locale.ROOT), m.group(2) == null ? m.group(3) : m.group(2));
        }
        return parameters;
    }

    private String token(Map<String, String> challenge) throws IOException {
        URI realm = address(challenge.getOrDefault("realm", ""));
        Map<String, String> asked = new HashMap<>();
        String service = challenge.get("service");
        if (service != null) {
            asked.put("service", service);
        }
        asked.put("scope", challenge.getOrDefault("scope", "repository:" + repository + ":" + access.actions));
        HttpURLConnection answer = login.identityToken().isPresent()
                ? refreshed(realm, asked, login.identityToken().get())
                : connections.get(
                        URI.create(realm + (realm.getRawQuery() == null ? "?" : "&") + form(asked)),
                        login.basic()
                                .map(b -> Map.of(AUTHORIZATION, "Basic " + b))
                                .orElse(Map.of()));
        try {
            int status = answer.getResponseCode();
            if (status == 429 || status >= 500) {
                throw new Download.Busy(status, HttpsOrigin.retryAfter(answer));
            }
            if (status != 200) {
                throw refused("its token service answers " + status + ": " + whenRefused());
            }
            JsonNode json;
            try (InputStream in = answer.getInputStream()) {
                json = Json.MAPPER.readTree(in.readNBytes(MOST_OF_AN_ANSWER));
            }
            String token = json.path("token").asText(json.path("access_token").asText());
            if (token.isEmpty()) {
                throw refused("its token service at " + realm.getHost() + " gives no token");
            }
            return token;
        } catch (JsonProcessingException e) {
            throw refused("its token service at " + realm.getHost() + " does not answer in JSON");
        } finally {
            answer.disconnect();
        }
    }

    /** An address that the registry names. */
    URI address(String text) {
        try {
            URI address = URI.create(text);
            if (address.getHost() != null) {
                return address;
            }
        } catch (IllegalArgumentException e) {
            // Told below, as every other address that is none.
        }
        // Not repeated: it may hold what lets one write there.
        throw refused("the registry says where to go on, and that is no address");
    }

    private HttpURLConnection refreshed(URI realm, Map<String, String> asked, String identityToken) throws IOException {
        Map<String, String> form = new HashMap<>(asked);
        form.put("grant_type", "refresh_token");
        form.put("refresh_token", identityToken);
        form.put("client_id", "finetune-operator");
        HttpURLConnection connection =
                connections.request("POST", realm, Map.of("Content-Type", "application/x-www-form-urlencoded"));
        Body.of(form(form).getBytes(StandardCharsets.US_ASCII)).writeTo(connection);
        return connection;
    }

    private static String form(Map<String, String> values) {
        return values.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(v -> v.getKey() + "=" + URLEncoder.encode(v.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
    }

    /** What 401 and 403 mean here, and what to do. */
    String whenRefused() {
        return login.whenRefused(repository, access == Access.read ? "read" : "write to");
    }

    /** What is thrown for a refusal that will stay. */
    StageException refused(String why) {
        return new StageException(
                access.failure,
                "Cannot " + (access == Access.read ? "read" : "write to") + " oci://" + registry + "/" + repository
                        + ": " + why + ".");
    }

    /** The code of a registry's error, such as DENIED; empty where the answer has none. */
    static Optional<String> errorCode(HttpURLConnection answer) {
        try (InputStream in = answer.getErrorStream()) {
            return in == null
                    ? Optional.empty()
                    : Optional.of(Json.MAPPER
                                    .readTree(in.readNBytes(MOST_OF_AN_ANSWER))
                                    .at("/errors/0/code")
                                    .asText())
                            .filter(code -> code.matches("[A-Z_]{1,40}"));
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
