package dev.finetune.trainer.source;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.ContainerCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.sts.StsClient;
import software.amazon.awssdk.services.sts.StsClientBuilder;
import software.amazon.awssdk.services.sts.auth.StsWebIdentityTokenFileCredentialsProvider;

/**
 * How an S3 server is reached: the endpoint, the region, who is asking. Who is asking is told by the Secret, else by the identity of the
 * pod's service account, else nobody; never by the node, whose credentials are not the user's.
 *
 * @param environment of the process: what the platform sets for a service account, and defaults for region and endpoint
 * @param readTimeout how long a server may be silent
 */
record S3Login(
        Credentials credentials,
        AddressRule rule,
        Function<String, @Nullable String> environment,
        Duration readTimeout) {
    private static final String DEFAULT_REGION = "us-east-1";

    /** A client; the address of an endpoint of one's own is checked by the rule. */
    S3Client client() {
        Optional<URI> endpoint = setting("AWS_ENDPOINT_URL").map(this::endpoint);
        AwsCredentialsProvider identity = identity(endpoint);
        S3ClientBuilder builder = S3Client.builder()
                .httpClientBuilder(http())
                .credentialsProvider(identity)
                .region(region())
                // Servers other than Amazon's know no checksums but Content-MD5.
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                .overrideConfiguration(c -> c.retryStrategy(AwsRetryStrategy.standardRetryStrategy()));
        // Chunked signatures are one more thing that other servers do in their own way.
        builder.serviceConfiguration(c -> c.chunkedEncodingEnabled(false));
        endpoint.ifPresent(uri -> builder.endpointOverride(uri).forcePathStyle(true));
        return builder.build();
    }

    /** Which server it is: buckets of two servers may have one name. */
    String server() {
        return setting("AWS_ENDPOINT_URL").map(e -> e.replaceAll("/+$", "")).orElse("");
    }

    private UrlConnectionHttpClient.Builder http() {
        UrlConnectionHttpClient.Builder http = UrlConnectionHttpClient.builder()
                .connectionTimeout(Duration.ofSeconds(10))
                .socketTimeout(readTimeout);
        credentials
                .get(Credentials.CA)
                .map(pem -> Trust.with(pem, credentials.described()))
                .ifPresent(trust -> http.tlsTrustManagersProvider(() -> trust));
        return http;
    }

    private Region region() {
        return Region.of(
                setting("AWS_REGION").or(() -> setting("AWS_DEFAULT_REGION")).orElse(DEFAULT_REGION));
    }

    private AwsCredentialsProvider identity(Optional<URI> endpoint) {
        Optional<String> id = credentials.get("AWS_ACCESS_KEY_ID");
        boolean isPlain = endpoint.filter(e -> "http".equals(e.getScheme())).isPresent();
        if (id.isPresent()) {
            String secret = credentials.require("AWS_SECRET_ACCESS_KEY");
            Optional<String> session = credentials.get("AWS_SESSION_TOKEN");
            refusePlain(isPlain && session.isPresent());
            return StaticCredentialsProvider.create(
                    session.isPresent()
                            ? AwsSessionCredentials.create(id.get(), secret, session.get())
                            : AwsBasicCredentials.create(id.get(), secret));
        }
        String tokenFile = environment.apply("AWS_WEB_IDENTITY_TOKEN_FILE");
        String role = environment.apply("AWS_ROLE_ARN");
        if (tokenFile != null && role != null) {
            refusePlain(isPlain);
            StsClientBuilder tokens = StsClient.builder()
                    .httpClientBuilder(http())
                    .credentialsProvider(AnonymousCredentialsProvider.create())
                    .region(region());
            Optional.ofNullable(environment.apply("AWS_ENDPOINT_URL_STS"))
                    .ifPresent(uri -> tokens.endpointOverride(URI.create(uri)));
            return StsWebIdentityTokenFileCredentialsProvider.builder()
                    .stsClient(tokens.build())
                    .roleArn(role)
                    .roleSessionName("finetune")
                    .webIdentityTokenFile(Path.of(tokenFile))
                    .build();
        }
        if (environment.apply("AWS_CONTAINER_CREDENTIALS_FULL_URI") != null
                || environment.apply("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") != null) {
            refusePlain(isPlain);
            return ContainerCredentialsProvider.builder().build();
        }
        return AnonymousCredentialsProvider.create();
    }

    /** A signature tells nobody the key; a session token travels as it is. */
    private static void refusePlain(boolean hasToken) {
        if (hasToken) {
            throw new StageException(
                    FailureClass.InvalidSpec,
                    "AWS_ENDPOINT_URL begins with http://, and a session token would be sent that anyone on the way can read: use https://.");
        }
    }

    private URI endpoint(String text) {
        URI uri;
        try {
            uri = URI.create(text);
        } catch (IllegalArgumentException e) {
            throw wrongEndpoint(text);
        }
        if (uri.getHost() == null
                || uri.getRawUserInfo() != null
                || !("https".equals(uri.getScheme()) || "http".equals(uri.getScheme()))) {
            throw wrongEndpoint(text);
        }
        try {
            for (InetAddress address : InetAddress.getAllByName(uri.getHost())) {
                if (!rule.allows(address)) {
                    throw Download.unavailable(
                            text,
                            uri.getHost() + " is " + address.getHostAddress()
                                    + ", a loopback, link-local or metadata address, which no source may have",
                            null);
                }
            }
        } catch (UnknownHostException e) {
            throw Download.unavailable(
                    text, "the host name " + uri.getHost() + " of AWS_ENDPOINT_URL does not resolve", e);
        }
        return uri;
    }

    private StageException wrongEndpoint(String text) {
        return new StageException(
                FailureClass.InvalidSpec,
                "AWS_ENDPOINT_URL of " + credentials.described() + " is '" + text
                        + "': an address such as https://s3.example.com:9000 was expected.");
    }

    private Optional<String> setting(String name) {
        return credentials
                .get(name)
                .or(() -> Optional.ofNullable(environment.apply(name)).filter(v -> !v.isEmpty()));
    }
}
