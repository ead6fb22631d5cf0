package dev.finetune.trainer.source;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Collection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** The authorities that a server's certificate may come from: those of the JDK, and those that a Secret adds. */
final class Trust {
    private Trust() {}

    /** Trust managers for these PEM certificates besides the JDK's. */
    static TrustManager[] with(String pem, String from) {
        try {
            Collection<? extends Certificate> added = CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(pem.getBytes(StandardCharsets.UTF_8)));
            if (added.isEmpty()) {
                throw new CertificateException("it holds no certificate");
            }
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            int number = 0;
            for (Certificate certificate : added) {
                store.setCertificateEntry("added-" + number++, certificate);
            }
            for (TrustManager manager : managers(null)) {
                if (manager instanceof X509TrustManager known) {
                    for (X509Certificate certificate : known.getAcceptedIssuers()) {
                        store.setCertificateEntry("known-" + number++, certificate);
                    }
                }
            }
            return managers(store);
        } catch (CertificateException e) {
            throw new StageException(
                    FailureClass.SourceUnavailable,
                    "Cannot use " + Credentials.CA + " of " + from + ": PEM certificates were expected ("
                            + e.getMessage() + ").",
                    e);
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("the JDK can hold certificates", e);
        }
    }

    /** Sockets to servers whose certificates come from these authorities or the JDK's. */
    static SSLSocketFactory sockets(String pem, String from) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, with(pem, from), null);
            return context.getSocketFactory();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has TLS", e);
        }
    }

    private static TrustManager[] managers(@Nullable KeyStore store) throws GeneralSecurityException {
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return factory.getTrustManagers();
    }
}
