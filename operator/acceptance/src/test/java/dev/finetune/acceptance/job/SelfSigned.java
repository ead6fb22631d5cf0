package dev.finetune.acceptance.job;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** A certificate that nobody vouches for, for servers at the address by which this machine reaches a node, so that its pods reach them there. */
final class SelfSigned {
    private static final char[] PASSWORD = "changeit".toCharArray();
    private static final String ALIAS = "server";

    private final InetAddress address;
    private final KeyStore keys;

    private SelfSigned(InetAddress address, KeyStore keys) {
        this.address = address;
        this.keys = keys;
    }

    static SelfSigned beside(String node, Path scratch)
            throws IOException, GeneralSecurityException, InterruptedException {
        InetAddress own = ownAddressTowards(node);
        return new SelfSigned(own, make(own.getHostAddress(), scratch.resolve("server.p12")));
    }

    /** The address that it is for. */
    String host() {
        return address.getHostAddress();
    }

    /** The certificate as PEM. */
    String certificate() throws GeneralSecurityException {
        return pem("CERTIFICATE", keys.getCertificate(ALIAS).getEncoded());
    }

    /** Its key as PEM. */
    String key() throws GeneralSecurityException {
        return pem("PRIVATE KEY", keys.getKey(ALIAS, PASSWORD).getEncoded());
    }

    /** A server at a free port that shows it; to be given contexts and started. */
    HttpsServer server() throws IOException, GeneralSecurityException {
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(keys, PASSWORD);
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(managers.getKeyManagers(), null, null);
        HttpsServer server = HttpsServer.create(new InetSocketAddress(address, 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(tls));
        return server;
    }

    private static String pem(String what, byte[] bytes) {
        return "-----BEGIN " + what + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {10}).encodeToString(bytes) + "\n-----END " + what + "-----\n";
    }

    /** Nothing is sent: connecting a datagram socket only chooses the route. */
    private static InetAddress ownAddressTowards(String node) throws IOException {
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.connect(new InetSocketAddress(node, 9));
            return socket.getLocalAddress();
        }
    }

    /** The JDK makes certificates by its tool alone. */
    private static KeyStore make(String address, Path file)
            throws IOException, GeneralSecurityException, InterruptedException {
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin/keytool").toString(),
                        "-genkeypair",
                        "-alias",
                        ALIAS,
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=" + ALIAS,
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
        String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
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
