package dev.finetune.api;

import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where bytes lie: {@code pvc://claim/path}, {@code configmap://name/key}, {@code https://host/path}, {@code s3://bucket/key},
 * {@code hf://owner/name[:revision][/path]}, {@code oci://registry/repository[:tag][@sha256:digest][/path]}, and {@code file:///path} for runs without a cluster.
 *
 * @param authority the claim, the ConfigMap, the host, the bucket, the owner or the registry; empty for a file
 * @param path without a slash at either end; the key of a ConfigMap
 */
public record StorageUri(Scheme scheme, String authority, String path) {
    private static final Pattern FORM =
            Pattern.compile("(pvc|configmap|https|s3|hf|oci|file)://([^/?#@\\s]*)(/[^#\\s]*)?");
    private static final Pattern OBJECT = Pattern.compile("[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?");
    private static final Pattern BUCKET = Pattern.compile("[a-z0-9][-a-z0-9.]{1,61}[a-z0-9]");
    private static final Pattern OWNER = Pattern.compile("[A-Za-z0-9][-._A-Za-z0-9]{0,95}");
    private static final Pattern REPOSITORY =
            Pattern.compile("/[A-Za-z0-9][-._A-Za-z0-9]{0,95}(:[A-Za-z0-9][-._%A-Za-z0-9]{0,127})?(/.*)?");
    private static final Pattern REGISTRY = Pattern.compile("[A-Za-z0-9][-.A-Za-z0-9]{0,252}(:[0-9]{1,5})?");
    private static final Pattern OCI_REPOSITORY = Pattern.compile("(/[a-z0-9][-._a-z0-9]*)+");
    private static final Pattern OCI_CONTENT = Pattern.compile(
            OCI_REPOSITORY + "(:[A-Za-z0-9_][-._A-Za-z0-9]{0,127}(@sha256:[0-9a-f]{64})?|@sha256:[0-9a-f]{64})(/.*)?");
    private static final Pattern DOTS = Pattern.compile("(^|/)\\.\\.(/|$)");

    /** How the bytes are reached. */
    public enum Scheme {
        pvc,
        configmap,
        https,
        s3,
        hf,
        oci,
        file;

        /** Whether a Secret can be named to read it with. */
        public boolean takesCredentials() {
            return this == s3 || this == hf || this == oci;
        }

        /** Whether a finished model can be published there, whole or not at all. */
        public boolean isStore() {
            return this == pvc || this == s3 || this == oci;
        }

        /** The schemes of sources in a cluster. */
        public static final Set<Scheme> IN_CLUSTER = Set.copyOf(EnumSet.of(pvc, configmap, https, s3, hf, oci));
    }

    /** The location that the text names, if it names one without {@code ..} in its path. */
    public static Optional<StorageUri> parse(String text) {
        Matcher m = FORM.matcher(text);
        if (!m.matches() || DOTS.matcher(text).find()) {
            return Optional.empty();
        }
        Scheme scheme = Scheme.valueOf(m.group(1));
        String authority = m.group(2);
        String path = m.group(3) == null ? "" : m.group(3);
        boolean wellFormed = switch (scheme) {
            case pvc -> OBJECT.matcher(authority).matches();
            case configmap -> OBJECT.matcher(authority).matches() && path.matches("/[-._A-Za-z0-9]+");
            case https -> !authority.isEmpty();
            case s3 -> BUCKET.matcher(authority).matches();
            case hf ->
                OWNER.matcher(authority).matches() && REPOSITORY.matcher(path).matches();
            case oci ->
                REGISTRY.matcher(authority).matches()
                        && (OCI_REPOSITORY.matcher(path).matches()
                                || OCI_CONTENT.matcher(path).matches());
            case file -> authority.isEmpty() && path.length() > 1;
        };
        return wellFormed ? Optional.of(new StorageUri(scheme, authority, trim(path, scheme))) : Optional.empty();
    }

    /** Whether it names bytes, and not only a repository of a registry to publish to. */
    public boolean namesContent() {
        return scheme != Scheme.oci || OCI_CONTENT.matcher("/" + path).matches();
    }

    /** An address as it may be shown: the query of an https address may hold a signature, and is only hinted at. */
    public static String withoutQuery(String text) {
        int query = text.indexOf('?');
        return query < 0 || !text.regionMatches(true, 0, "https:", 0, 6) ? text : text.substring(0, query) + "?...";
    }

    private static String trim(String path, Scheme scheme) {
        String bare = path.replaceAll("/+$", "");
        return scheme == Scheme.file ? bare : bare.replaceAll("^/+", "");
    }

    /** The address as it is written in a spec. */
    @Override
    public String toString() {
        return scheme + "://" + authority + (path.isEmpty() || scheme == Scheme.file ? "" : "/") + path;
    }
}
