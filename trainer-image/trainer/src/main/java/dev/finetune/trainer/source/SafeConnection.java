package dev.finetune.trainer.source;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * Opens https addresses and nothing else: every hop of a redirect must be https and must resolve to addresses that the rule allows, and
 * credentials do not follow to another host.
 * The JDK caches a resolved name for 30 seconds, so the connection goes to the address that was checked.
 * {@link HttpsURLConnection} is used because it can time out between two reads of a body.
 */
record SafeConnection(AddressRule rule, @Nullable SSLSocketFactory tls, Duration connectTimeout, Duration readTimeout) {
    static final int MAX_REDIRECTS = 5;

    /** Sends a GET and returns the connection once it has answered with anything but a redirect. */
    HttpURLConnection get(URI address, Map<String, String> headers) throws IOException {
        URI hop = address;
        Map<String, String> sent = headers;
        for (int i = 0; i <= MAX_REDIRECTS; i++) {
            HttpURLConnection connection = open(hop, sent);
            String location = isRedirect(connection.getResponseCode()) ? connection.getHeaderField("Location") : null;
            if (location == null) {
                return connection;
            }
            connection.disconnect();
            URI next = next(address, hop, location);
            if (!next.getRawAuthority().equalsIgnoreCase(hop.getRawAuthority())) {
                // Credentials are for the host that asked for them; where a link leads is for that host to know.
                sent = sent.entrySet().stream()
                        .filter(h -> !h.getKey().equalsIgnoreCase("Authorization"))
                        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
            }
            hop = next;
        }
        throw refused(address, "it redirects more than " + MAX_REDIRECTS + " times");
    }

    /** A request that is not sent yet; a redirect is an answer like any other. */
    HttpURLConnection request(String method, URI address, Map<String, String> headers) throws IOException {
        HttpURLConnection connection = open(address, headers);
        connection.setRequestMethod(method);
        return connection;
    }

    private HttpURLConnection open(URI hop, Map<String, String> headers) throws IOException {
        if (!"https".equalsIgnoreCase(hop.getScheme()) || hop.getHost() == null || hop.getRawUserInfo() != null) {
            throw refused(hop, "only https://host/path is opened");
        }
        for (InetAddress resolved : InetAddress.getAllByName(hop.getHost())) {
            if (!rule.allows(resolved)) {
                throw refused(
                        hop,
                        hop.getHost() + " is " + resolved.getHostAddress()
                                + ", a loopback, link-local or metadata address, which no source may have");
            }
        }
        HttpsURLConnection connection = (HttpsURLConnection) hop.toURL().openConnection();
        if (tls != null) {
            connection.setSSLSocketFactory(tls);
        }
        connection.setInstanceFollowRedirects(false);
        connection.setConnectTimeout((int) connectTimeout.toMillis());
        connection.setReadTimeout((int) readTimeout.toMillis());
        connection.setRequestProperty("Accept-Encoding", "identity");
        connection.setRequestProperty("User-Agent", "finetune-operator");
        headers.forEach(connection::setRequestProperty);
        return connection;
    }

    private static boolean isRedirect(int status) {
        return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
    }

    private static URI next(URI address, URI hop, String location) {
        URI next;
        try {
            next = hop.resolve(location);
        } catch (IllegalArgumentException e) {
            throw refused(address, "it redirects to something that is no address");
        }
        if (!"https".equalsIgnoreCase(next.getScheme()) || next.getHost() == null || next.getRawUserInfo() != null) {
            throw refused(
                    address,
                    "it redirects to " + next.getScheme() + "://" + next.getHost() + ", and only https is followed");
        }
        return next;
    }

    private static StageException refused(URI address, String why) {
        return new StageException(
                FailureClass.SourceUnavailable, "Cannot read " + HttpsFetcher.shown(address) + ": " + why + ".");
    }
}
