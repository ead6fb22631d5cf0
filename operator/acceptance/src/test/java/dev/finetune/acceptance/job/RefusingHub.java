package dev.finetune.acceptance.job;

import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;

/** A hub beside the cluster that nobody vouches for: it answers 401 for acme/private and 404 for everything else. */
final class RefusingHub implements AutoCloseable {
    private final HttpsServer server;
    private final String address;
    private final String certificate;

    private RefusingHub(HttpsServer server, String address, String certificate) {
        this.server = server;
        this.address = address;
        this.certificate = certificate;
    }

    /** A hub at the address by which this machine reaches {@code node}, so that pods reach it there. */
    static RefusingHub beside(String node, Path scratch)
            throws IOException, GeneralSecurityException, InterruptedException {
        SelfSigned tls = SelfSigned.beside(node, scratch);
        HttpsServer server = tls.server();
        server.createContext("/", exchange -> {
            boolean exists = exchange.getRequestURI().getPath().contains("/acme/private/");
            exchange.sendResponseHeaders(exists ? 401 : 404, -1);
            exchange.close();
        });
        server.start();
        return new RefusingHub(server, tls.host() + ":" + server.getAddress().getPort(), tls.certificate());
    }

    /** Host and port. */
    String address() {
        return address;
    }

    /** The certificate that it shows, as PEM. */
    String certificate() {
        return certificate;
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
