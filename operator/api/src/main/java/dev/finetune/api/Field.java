package dev.finetune.api;

import java.math.BigDecimal;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A place in a spec where problems are noted; {@link #at} goes one member down. */
record Field(String path, List<Problem> problems) {
    private static final Pattern DECIMAL = Pattern.compile("-?[0-9]+(\\.[0-9]+)?([eE][-+]?[0-9]{1,2})?");
    private static final Pattern SHA256 = Pattern.compile("sha256:[0-9a-f]{64}");
    private static final Pattern SECRET = Pattern.compile("[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?");
    private static final Pattern NAME = Pattern.compile("[a-z]([-a-z0-9]{0,38}[a-z0-9])?");

    Field at(String member) {
        return new Field(path.isEmpty() ? member : path + "." + member, problems);
    }

    Field at(String list, int index) {
        return at(list + "[" + index + "]");
    }

    void fail(String message) {
        problems.add(new Problem(path, message));
    }

    /** Notes a problem unless it holds. */
    void that(boolean holds, String message) {
        if (!holds) {
            fail(message);
        }
    }

    /** Whether it is there; noted if not. */
    boolean required(@Nullable Object value) {
        that(value != null, "is required");
        return value != null;
    }

    void between(@Nullable Integer value, int least, int most) {
        that(
                value == null || (value >= least && value <= most),
                "must be from " + least + " to " + most + ", found " + value);
    }

    /** A decimal string whose value fits; the expectation is told in words. */
    void decimal(@Nullable String value, Function<BigDecimal, Boolean> fits, String expected) {
        if (value != null
                && (!DECIMAL.matcher(value).matches() || value.length() > 32 || !fits.apply(new BigDecimal(value)))) {
            fail("must be " + expected + ", found \"" + value + "\"");
        }
    }

    /** A location by one of the schemes. */
    void location(@Nullable String uri, Set<StorageUri.Scheme> schemes) {
        that(
                uri == null
                        || StorageUri.parse(uri)
                                .filter(u -> schemes.contains(u.scheme()))
                                .isPresent(),
                "must be "
                        + schemes.stream().map(s -> s + "://").sorted().collect(Collectors.joining(", "))
                        + " with a path and without '..', found \"" + uri + "\"");
    }

    /** A location to read from. */
    void source(@Nullable String uri, Set<StorageUri.Scheme> schemes) {
        location(uri, schemes);
        that(
                uri == null
                        || StorageUri.parse(uri).filter(u -> !u.namesContent()).isEmpty(),
                "must name a tag or a digest, such as oci://registry/repository:v1, found \"" + uri + "\"");
    }

    /** One file: a location with a path. */
    void file(@Nullable String uri, Set<StorageUri.Scheme> schemes) {
        source(uri, schemes);
        that(
                uri == null
                        || StorageUri.parse(uri).filter(u -> u.path().isEmpty()).isEmpty(),
                "must be one file: a path is missing after \"" + uri + "\"");
    }

    /** A Secret to reach a location with. */
    void secret(@Nullable SecretReference secret, @Nullable String uri) {
        if (secret == null) {
            return;
        }
        that(
                secret.name() != null && SECRET.matcher(secret.name()).matches(),
                "name must be the name of a Secret, found \"" + secret.name() + "\"");
        that(
                uri != null
                        && StorageUri.parse(uri)
                                .filter(u -> u.scheme().takesCredentials())
                                .isPresent(),
                "is only for s3://, hf:// and oci://, found \"" + uri + "\": remove it");
    }

    void digest(@Nullable String value) {
        that(
                value == null || SHA256.matcher(value).matches(),
                "must be sha256: and 64 hex digits in lower case, found \"" + value + "\"");
    }

    void name(@Nullable String value) {
        that(
                value == null || NAME.matcher(value).matches(),
                "must be at most 40 lower-case letters, digits and hyphens, starting with a letter and not ending with a hyphen, found \""
                        + value + "\"");
    }

    void length(@Nullable String value, int least, int most) {
        that(
                value == null || (value.length() >= least && value.length() <= most),
                "must be " + least + " to " + most + " characters, found " + (value == null ? 0 : value.length()));
    }

    /** A list without a value that stands twice. */
    void distinct(List<?> values) {
        Set<Object> seen = new HashSet<>();
        values.stream().filter(v -> !seen.add(v)).forEach(v -> fail(v + " stands twice"));
    }
}
