package dev.finetune.trainer.source;

import com.sun.net.httpserver.HttpExchange;
import dev.finetune.api.Json;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A token service for Distribution, as its token specification says: signed JSON web tokens that hold for some minutes. Repositories below {@code readonly/} may be read and not be
 * written.
 */
final class RegistryTokens implements AutoCloseable {
    private static final Pattern SCOPE = Pattern.compile("scope=repository:([^:&]+):([a-z,]+)");

    private final TestServer server = new TestServer(this::answer);

    RegistryTokens() throws IOException {}

    String realm() {
        return server.uri("/token").toString();
    }

    private void answer(HttpExchange x) throws IOException {
        String login = Base64.getEncoder()
                .encodeToString((OciFixture.USER + ":" + OciFixture.PASSWORD).getBytes(StandardCharsets.UTF_8));
        if (!("Basic " + login).equals(x.getRequestHeaders().getFirst("Authorization"))) {
            x.sendResponseHeaders(401, -1);
            return;
        }
        Matcher scope = SCOPE.matcher(URLDecoder.decode(x.getRequestURI().getRawQuery(), StandardCharsets.UTF_8));
        List<Map<String, Object>> access = scope.find()
                ? List.of(Map.of("type", "repository", "name", scope.group(1), "actions", granted(scope)))
                : List.of();
        byte[] answer = Json.write(Map.of("token", token(access))).getBytes(StandardCharsets.UTF_8);
        x.sendResponseHeaders(200, answer.length);
        x.getResponseBody().write(answer);
    }

    private static List<String> granted(Matcher scope) {
        return Arrays.stream(scope.group(2).split(","))
                .filter(action -> action.equals("pull") || !scope.group(1).startsWith("readonly/"))
                .toList();
    }

    private static String token(List<Map<String, Object>> access) {
        long now = Instant.now().getEpochSecond();
        Map<String, Object> header = Map.of(
                "typ", "JWT", "alg", "ES256", "x5c", List.of(Base64.getEncoder().encodeToString(TestServer.der())));
        Map<String, Object> claims = Map.of(
                "iss",
                "finetune",
                "sub",
                OciFixture.USER,
                "aud",
                "registry",
                "iat",
                now,
                "nbf",
                now - 60,
                "exp",
                now + 300,
                "jti",
                String.valueOf(System.nanoTime()),
                "access",
                access);
        String signed = encoded(Json.write(header).getBytes(StandardCharsets.UTF_8)) + "."
                + encoded(Json.write(claims).getBytes(StandardCharsets.UTF_8));
        return signed + "." + encoded(TestServer.signed(signed.getBytes(StandardCharsets.US_ASCII)));
    }

    private static String encoded(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    @Override
    public void close() {
        server.close();
    }
}
