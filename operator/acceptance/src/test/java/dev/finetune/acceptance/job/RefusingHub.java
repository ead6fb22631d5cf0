package dev.finetune.acceptance.job;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** A hub beside the cluster that nobody vouches for: it answers 401 for acme/private and 404 for everything else. */
final class RefusingHub implements AutoCloseable {
    private static final char[] PASSWORD = "changeit".toCharArray();

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
        InetAddress own = ownAddressTowards(node);
        KeyStore keys = selfSigned(own.getHostAddress(), scratch.resolve("hub.p12"));
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(keys, PASSWORD);
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(managers.getKeyManagers(), null, null);
        HttpsServer server = HttpsServer.create(new InetSocketAddress(own, 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(tls));
        server.createContext("/", exchange -> {
            boolean exists = exchange.getRequestURI().getPath().contains("/acme/private/");
            exchange.sendResponseHeaders(exists ? 401 : 404, -1);
            exchange.close();
        });
        server.start();
        String pem = "-----BEGIN CERTIFICATE-----\n"
                + Base64.getMimeEncoder()
                        .encodeToString(keys.getCertificate("hub").getEncoded())
                + "\n-----END CERTIFICATE-----\n";
        return new RefusingHub(
                server, own.getHostAddress() + ":" + server.getAddress().getPort(), pem);
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

    /** Nothing is sent: connecting a datagram socket only chooses the route. */
    private static InetAddress ownAddressTowards(String node) throws IOException {
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.connect(new InetSocketAddress(node, 9));
            return socket.getLocalAddress();
        }
    }

    /** The JDK makes certificates by its tool alone. */
    private static KeyStore selfSigned(String address, Path file)
            throws IOException, GeneralSecurityException, InterruptedException {
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin/keytool").toString(),
                        "-genkeypair",
                        "-alias",
                        "hub",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=hub",
                        "-ext",
                        "SAN=ip:" + address,
                        "-validity",
                        "2",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        file.toString(),
                        "-storepass",
                        new String(PASSWORD))
                .redirectErrorStream(true)
                .start();
        String said = new String(keytool.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        if (keytool.waitFor() != 0) {
            throw new IllegalStateException("keytool made no certificate: " + said);
        }
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            keys.load(in, PASSWORD);
        }
        return keys;
    }
}
