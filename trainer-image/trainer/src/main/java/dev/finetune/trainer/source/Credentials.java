package dev.finetune.trainer.source;

import dev.finetune.api.FailureClass;
import dev.finetune.api.SecretReference;
import dev.finetune.api.run.PodPaths;
import dev.finetune.api.run.StageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What one source is reached with, by the well-known names of its parts. No value is ever shown or logged. */
public sealed interface Credentials {
    /** PEM certificates of authorities that are trusted besides those of the JDK. */
    String CA = "ca.crt";

    /** Logins of registries, as {@code docker login} writes them; the key of Secrets of type {@code kubernetes.io/dockerconfigjson}. */
    String REGISTRIES = ".dockerconfigjson";

    /** The part of that name. */
    Optional<String> get(String key);

    /** How messages call it. */
    String described();

    /** The part of that name; SourceUnavailable where it is missing. */
    default String require(String key) {
        return get(key).orElseThrow(() ->
                new StageException(FailureClass.SourceUnavailable, described() + " has no key '" + key + "'."));
    }

    /** Nothing: the pod's own identity counts, or none. */
    record None() implements Credentials {
        @Override
        public Optional<String> get(String key) {
            return Optional.empty();
        }

        @Override
        public String described() {
            return "no Secret (secretRef is not set)";
        }
    }

    /** A Secret, mounted as files. */
    record Secret(String name, Path folder) implements Credentials {
        /** SourceUnavailable where there is no such Secret. */
        public Secret {
            if (isEmpty(folder)) {
                throw new StageException(
                        FailureClass.SourceUnavailable,
                        "Secret '" + name + "' does not exist in the job's namespace, or is empty.");
            }
        }

        @Override
        public Optional<String> get(String key) {
            Path file = folder.resolve(key);
            try {
                return Files.isRegularFile(file)
                        ? Optional.of(Files.readString(file).strip()).filter(v -> !v.isEmpty())
                        : Optional.empty();
            } catch (IOException e) {
                throw new StageException(
                        FailureClass.SourceUnavailable,
                        "Cannot read key '" + key + "' of Secret '" + name
                                + "': it must be text that this pod may read.",
                        e);
            }
        }

        @Override
        public String described() {
            return "Secret '" + name + "'";
        }

        private static boolean isEmpty(Path folder) {
            if (!Files.isDirectory(folder)) {
                return true;
            }
            try (Stream<Path> keys = Files.list(folder)) {
                // What the kubelet needs for itself begins with two dots, a key may begin with one.
                return keys.allMatch(k -> k.getFileName().toString().startsWith(".."));
            } catch (IOException e) {
                return true;
            }
        }
    }

    /** The environment of a run without a cluster: the same names, whatever Secret the manifest names. */
    record Environment(Function<String, @Nullable String> variables) implements Credentials {
        @Override
        public Optional<String> get(String key) {
            return switch (key) {
                case CA -> variable("AWS_CA_BUNDLE").map(file -> read("AWS_CA_BUNDLE", Path.of(file)));
                case REGISTRIES ->
                    variable("DOCKER_CONFIG")
                            .map(Path::of)
                            .or(() -> variable("HOME").map(home -> Path.of(home, ".docker")))
                            .map(folder -> folder.resolve("config.json"))
                            .filter(Files::exists)
                            .map(file -> read("the logins of registries", file));
                default -> variable(key);
            };
        }

        private Optional<String> variable(String name) {
            return Optional.ofNullable(variables.apply(name)).filter(v -> !v.isEmpty());
        }

        private static String read(String what, Path file) {
            try {
                return Files.readString(file);
            } catch (IOException e) {
                throw new StageException(
                        FailureClass.SourceUnavailable,
                        "Cannot read " + what + ", " + file + ": " + e.getMessage() + ".",
                        e);
            }
        }

        @Override
        public String described() {
            return "the environment";
        }
    }

    /** What a pod has for a reference. */
    static Credentials inPod(@Nullable SecretReference reference) {
        return reference == null || reference.name() == null
                ? new None()
                : new Secret(reference.name(), Path.of(PodPaths.secret(reference.name())));
    }
}
