package dev.finetune.trainer.source;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedPart;

/** The objects of a bucket whose keys begin with a prefix, as files of a folder. */
public final class S3Folder implements FileSet {
    private static final long PART = 16L << 20;
    private static final long MAX_PARTS = 9_000;

    private final S3Bucket bucket;
    private final String prefix;
    private final long largestPut;

    S3Folder(S3Bucket bucket, String prefix) {
        this(bucket, prefix, 4 * PART);
    }

    /** For tests: objects larger than {@code largestPut} are sent in parts. */
    S3Folder(S3Bucket bucket, String prefix, long largestPut) {
        this.bucket = bucket;
        String bare = prefix.replaceAll("/+$", "");
        this.prefix = bare.isEmpty() ? "" : bare + "/";
        this.largestPut = largestPut;
    }

    /** The folder of an address, reached by what a pod has. */
    public static S3Folder open(SourceUri.S3 uri, Credentials credentials) {
        S3Login login =
                new S3Login(credentials, AddressRule.PUBLIC_AND_PRIVATE, System::getenv, Duration.ofSeconds(30));
        return new S3Folder(new S3Bucket(uri.bucket(), login, HttpsFetcher::sleep), uri.key());
    }

    /** A folder inside this one. */
    public S3Folder folder(String name) {
        return new S3Folder(bucket, prefix + name, largestPut);
    }

    @Override
    public Optional<FetchedFile> fetch(String name, Path target, long maxBytes) {
        return bucket.fetch(prefix + name, target, maxBytes);
    }

    @Override
    public List<String> names() {
        return List.copyOf(sizes().keySet());
    }

    /** The sizes of all files below it, by their paths. */
    public Map<String, Long> sizes() {
        Map<String, Long> sizes = new TreeMap<>();
        for (S3Bucket.Entry entry : bucket.list(prefix)) {
            // Consoles make a folder visible by an empty object of its name.
            if (!entry.key().endsWith("/")) {
                sizes.put(entry.key().substring(prefix.length()), entry.size());
            }
        }
        return sizes;
    }

    /**
     * Uploads a file; a reader sees all of it or nothing. The server verifies what it received.
     *
     * @throws StageException StorageUnavailable where the server refuses it
     */
    public void put(Path file, String name) {
        String key = prefix + name;
        try {
            long size = Files.size(file);
            if (size <= largestPut) {
                String md5 = md5(file, 0, size);
                bucket.ask(
                        FailureClass.StorageUnavailable,
                        key,
                        (client, b) -> client.putObject(
                                r -> r.bucket(b).key(key).contentMD5(md5), RequestBody.fromFile(file)));
            } else {
                inParts(file, key, size);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }

    private void inParts(Path file, String key, long size) throws IOException {
        long part = Math.max(Math.min(PART, largestPut), (size + MAX_PARTS - 1) / MAX_PARTS);
        String upload = bucket.ask(
                FailureClass.StorageUnavailable,
                key,
                (client, b) ->
                        client.createMultipartUpload(r -> r.bucket(b).key(key)).uploadId());
        try {
            List<CompletedPart> parts = new ArrayList<>();
            for (long from = 0; from < size; from += part) {
                parts.add(part(file, key, upload, parts.size() + 1, from, Math.min(part, size - from)));
            }
            bucket.ask(
                    FailureClass.StorageUnavailable,
                    key,
                    (client, b) -> client.completeMultipartUpload(
                            r -> r.bucket(b).key(key).uploadId(upload).multipartUpload(m -> m.parts(parts))));
        } catch (RuntimeException | IOException e) {
            abort(key, upload);
            throw e;
        }
    }

    private CompletedPart part(Path file, String key, String upload, int number, long from, long length)
            throws IOException {
        String md5 = md5(file, from, length);
        RequestBody body =
                RequestBody.fromContentProvider(() -> slice(file, from, length), length, "application/octet-stream");
        String tag = bucket.ask(
                FailureClass.StorageUnavailable,
                key,
                (S3Client client, String b) -> client.uploadPart(
                                r -> r.bucket(b)
                                        .key(key)
                                        .uploadId(upload)
                                        .partNumber(number)
                                        .contentMD5(md5),
                                body)
                        .eTag());
        return CompletedPart.builder().partNumber(number).eTag(tag).build();
    }

    /** What was sent of an upload that failed would be kept, and paid for, for ever. */
    private void abort(String key, String upload) {
        try {
            bucket.ask(
                    FailureClass.StorageUnavailable,
                    key,
                    (client, b) -> client.abortMultipartUpload(
                            r -> r.bucket(b).key(key).uploadId(upload)));
        } catch (StageException e) {
            // The upload's own failure is what is told.
        }
    }

    private static InputStream slice(Path file, long from, long length) {
        try {
            return new SliceStream(file, from, length);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String md5(Path file, long from, long length) throws IOException {
        try (InputStream in = new SliceStream(file, from, length)) {
            MessageDigest digest = MessageDigest.getInstance("MD5");
            byte[] buffer = new byte[1 << 16];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                digest.update(buffer, 0, n);
            }
            return Base64.getEncoder().encodeToString(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has MD5", e);
        }
    }

    @Override
    public String toString() {
        return bucket.shown(prefix);
    }
}
