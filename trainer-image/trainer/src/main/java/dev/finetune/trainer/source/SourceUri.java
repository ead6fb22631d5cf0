package dev.finetune.trainer.source;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where something is read from. A path inside a claim never begins with a slash and never climbs out. */
public sealed interface SourceUri {
    /** {@code pvc://claim/path}: a file or folder of a claim of the job's namespace; an empty path is the claim's root. */
    record Claim(String claim, String path) implements SourceUri {
        @Override
        public String toString() {
            return "pvc://" + claim + (path.isEmpty() ? "" : "/" + path);
        }
    }

    /** {@code configmap://name/key}: one key of a ConfigMap of the job's namespace. */
    record ConfigMap(String name, String key) implements SourceUri {
        @Override
        public String toString() {
            return "configmap://" + name + "/" + key;
        }
    }

    /** {@code https://host/path}: a file, or the address under which a model's files lie. */
    record Https(URI address) implements SourceUri {
        @Override
        public String toString() {
            return address.toString();
        }
    }

    /** {@code s3://bucket/key}: an object, or all objects whose keys begin with {@code key/}; the key has no slash at its start. */
    record S3(String bucket, String key) implements SourceUri {
        @Override
        public String toString() {
            return "s3://" + bucket + "/" + key;
        }
    }

    /**
     * {@code hf://owner/name[:revision][/path]}: a repository of the Hugging Face Hub, or a file or folder in it. An empty revision is
     * {@code main}.
     */
    record Hub(String repository, String revision, String path) implements SourceUri {
        String revisionOrMain() {
            return revision.isEmpty() ? "main" : revision;
        }

        StageException missing() {
            return Download.unavailable(
                    toString(),
                    "the repository has no revision '" + revisionOrMain() + "', or the hub has no such repository",
                    null);
        }

        @Override
        public String toString() {
            return "hf://" + repository + (revision.isEmpty() ? "" : ":" + revision)
                    + (path.isEmpty() ? "" : "/" + path);
        }
    }

    /**
     * {@code oci://registry/repository[:tag][@sha256:digest][/path]}: an artifact or image of a registry, or a file or folder in it. With a digest the tag only tells people
     * what it was called. Without both it names a repository to publish to.
     */
    record Oci(String registry, String repository, String tag, String digest, String path) implements SourceUri {
        /** What the registry is asked for; empty where neither tag nor digest is given. */
        String reference() {
            return digest.isEmpty() ? tag : digest;
        }

        /** The whole of it. */
        Oci withoutPath() {
            return new Oci(registry, repository, tag, digest, "");
        }

        StageException missing() {
            return Download.unavailable(
                    toString(),
                    "the registry has no repository '" + repository + "', or nothing called '" + reference()
                            + "' in it",
                    null);
        }

        @Override
        public String toString() {
            return "oci://" + registry + "/" + repository + (tag.isEmpty() ? "" : ":" + tag)
                    + (digest.isEmpty() ? "" : "@" + digest) + (path.isEmpty() ? "" : "/" + path);
        }
    }

    /** {@code file://path}: a file or folder of this machine; only where the job runs without a cluster. */
    record LocalFile(Path path) implements SourceUri {
        @Override
        public String toString() {
            return "file://" + path;
        }
    }

    /** It as it may be shown and published: without a query, which often carries a signature. */
    default String shown() {
        return this instanceof Https web ? HttpsFetcher.shown(web.address()) : toString();
    }

    /** The name of the file that it ends with; what row ids and messages call it. */
    default String fileName() {
        String path = switch (this) {
            case Claim claim -> claim.path();
            case ConfigMap map -> map.key();
            case Https web -> web.address().getPath();
            case S3 s3 -> s3.key().replaceAll("/+$", "");
            case Hub hub -> hub.path().replaceAll("/+$", "");
            case Oci oci -> oci.path().isEmpty() ? oci.repository() : oci.path().replaceAll("/+$", "");
            case LocalFile file -> file.path().toString();
        };
        String name = path.substring(path.lastIndexOf('/') + 1);
        return name.isEmpty() ? toString() : name;
    }

    /** What every message about a wrong address ends with. */
    String FORMS =
            "use pvc://claim/path, s3://bucket/key, hf://owner/name, oci://registry/repository:tag, https://host/path, configmap://name/key, or file://path in a local run";

    /** A Kubernetes object name. */
    Pattern NAME = Pattern.compile("[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?");

    /** What follows {@code hf://}. */
    Pattern HUB = Pattern.compile(
            "([A-Za-z0-9][-._A-Za-z0-9]{0,95}/[A-Za-z0-9][-._A-Za-z0-9]{0,95})(?::([A-Za-z0-9][-._%A-Za-z0-9]{0,127}))?(?:/(.*))?");

    /** What follows {@code oci://}. */
    Pattern OCI = Pattern.compile("([A-Za-z0-9][-.A-Za-z0-9]{0,252}(?::[0-9]{1,5})?)"
            + "/([a-z0-9][-._a-z0-9]*(?:/[a-z0-9][-._a-z0-9]*)*)"
            + "(?::([A-Za-z0-9_][-._A-Za-z0-9]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?(?:/(.*))?");

    /** A bucket of S3. */
    Pattern BUCKET = Pattern.compile("[a-z0-9][-a-z0-9.]{1,61}[a-z0-9]");

    /** A key of a ConfigMap. */
    Pattern KEY = Pattern.compile("[-._a-zA-Z0-9]{1,253}");

    /**
     * Reads an address.
     *
     * @param field the field of the job that holds it, for the message
     * @throws StageException InvalidSpec when it is none of the forms
     */
    static SourceUri parse(String field, String text) {
        int separator = text.indexOf("://");
        String scheme = separator < 0 ? "" : text.substring(0, separator).toLowerCase(Locale.ROOT);
        String rest = separator < 0 ? text : text.substring(separator + 3);
        return switch (scheme) {
            case "pvc" -> claim(field, text, rest);
            case "configmap" -> configMap(field, text, rest);
            case "https" -> https(field, text);
            case "s3" -> s3(field, text, rest);
            case "hf" -> hub(field, text, rest);
            case "oci" -> oci(field, text, rest);
            case "file" -> localFile(field, text, rest);
            case "http" -> throw invalid(field, text, "plain http could be changed on its way: use https");
            default -> throw invalid(field, text, FORMS);
        };
    }

    private static SourceUri claim(String field, String text, String rest) {
        int slash = rest.indexOf('/');
        String name = slash < 0 ? rest : rest.substring(0, slash);
        String path = slash < 0 ? "" : rest.substring(slash + 1).replaceAll("/+$", "");
        if (!NAME.matcher(name).matches()) {
            throw invalid(field, text, "'" + name + "' is not a claim name: use pvc://claim/path");
        }
        refuseClimbing(field, text, path);
        return new Claim(name, path);
    }

    private static SourceUri configMap(String field, String text, String rest) {
        int slash = rest.indexOf('/');
        String name = slash < 0 ? rest : rest.substring(0, slash);
        String key = slash < 0 ? "" : rest.substring(slash + 1);
        if (!NAME.matcher(name).matches() || !KEY.matcher(key).matches() || key.equals(".") || key.startsWith("..")) {
            throw invalid(field, text, "use configmap://name/key with one existing key");
        }
        return new ConfigMap(name, key);
    }

    private static SourceUri s3(String field, String text, String rest) {
        int slash = rest.indexOf('/');
        String bucket = slash < 0 ? rest : rest.substring(0, slash);
        if (!BUCKET.matcher(bucket).matches()) {
            throw invalid(field, text, "'" + bucket + "' is not the name of a bucket: use s3://bucket/key");
        }
        return new S3(bucket, slash < 0 ? "" : rest.substring(slash + 1).replaceAll("^/+", ""));
    }

    private static SourceUri hub(String field, String text, String rest) {
        Matcher parts = HUB.matcher(rest);
        if (!parts.matches()) {
            throw invalid(field, text, "use hf://owner/name, hf://owner/name:revision, or one of them with a path");
        }
        String path = parts.group(3) == null ? "" : parts.group(3);
        refuseClimbing(field, text, path);
        String revision = parts.group(2) == null ? "" : parts.group(2);
        return new Hub(parts.group(1), revision.replace("%2F", "/").replace("%2f", "/"), path);
    }

    private static SourceUri oci(String field, String text, String rest) {
        Matcher parts = OCI.matcher(rest);
        String forms =
                "use oci://registry/repository:tag or oci://registry/repository@sha256:digest, with a path behind it or without; a repository is written in lower case";
        if (rest.replaceFirst("/.*", "").contains("@")) {
            throw holdsPassword(field);
        }
        if (!parts.matches()) {
            throw invalid(field, text, forms);
        }
        Oci uri = new Oci(parts.group(1), parts.group(2), group(parts, 3), group(parts, 4), group(parts, 5));
        if (!uri.path().isEmpty() && uri.reference().isEmpty()) {
            throw invalid(field, text, forms);
        }
        refuseClimbing(field, text, uri.path());
        return uri;
    }

    private static String group(Matcher parts, int number) {
        return parts.group(number) == null ? "" : parts.group(number);
    }

    private static SourceUri https(String field, String text) {
        URI address;
        try {
            address = new URI(text);
        } catch (URISyntaxException e) {
            throw invalid(
                    field, text, "it is not a valid address (" + e.getReason() + "): write special characters as %XX");
        }
        if (address.getHost() == null) {
            throw invalid(field, text, "it names no host: use https://host/path");
        }
        if (address.getRawUserInfo() != null) {
            throw holdsPassword(field);
        }
        return new Https(address);
    }

    private static SourceUri localFile(String field, String text, String rest) {
        if (rest.isEmpty() || rest.indexOf('\0') >= 0) {
            throw invalid(field, text, "use file://path");
        }
        if (rest.startsWith("/")) {
            try {
                return new LocalFile(Path.of(URI.create("file://" + rest)));
            } catch (IllegalArgumentException e) {
                // Not every path is an address: a space or a percent sign may stand for itself.
                return new LocalFile(Path.of(rest));
            }
        }
        return new LocalFile(Path.of(rest));
    }

    private static void refuseClimbing(String field, String text, String path) {
        if (path.indexOf('\0') >= 0
                || path.startsWith("/")
                || Arrays.asList(path.split("/")).contains("..")) {
            throw invalid(field, text, "the path must stay inside: no '..', no second slash before it");
        }
    }

    /** Neither is repeated: the message is shown in status and events. */
    private static StageException holdsPassword(String field) {
        return new StageException(
                FailureClass.InvalidSpec,
                field
                        + " holds a user name or password in its address; remove it: this would be shown to everyone who may read the job");
    }

    private static StageException invalid(String field, String text, String what) {
        return new StageException(FailureClass.InvalidSpec, field + " is '" + text + "': " + what);
    }
}
