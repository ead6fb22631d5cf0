package dev.finetune.trainer.source;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.finetune.api.FailureClass;
import dev.finetune.api.Json;
import dev.finetune.api.run.StageException;
import java.io.BufferedReader;
import java.io.CharConversionException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The licence that a model states: {@code license} in the front matter of its card, else in config.json. */
final class License {
    /** Only the two forms that model cards use: one value, or a list of which the first counts. */
    private static final Pattern VALUE = Pattern.compile("license:\\s*\\[?\\s*['\"]?([^'\"\\s,\\]#]+)['\"]?.*");

    private static final Pattern ITEM = Pattern.compile("\\s*-\\s*['\"]?([^'\"\\s#]+)['\"]?.*");
    private static final int MAX_FRONT_MATTER_LINES = 2_000;

    private License() {}

    /** What the model states, if anything. */
    static @Nullable String of(Optional<Path> card, Path config) {
        String stated = card.isPresent() ? fromCard(card.get()) : null;
        return stated != null ? stated : fromConfig(config);
    }

    /** LicenseNotAllowed unless the list is absent or holds the licence; a model that states none is not on any list. */
    static void check(@Nullable List<String> allowed, @Nullable String license, String model) {
        if (allowed == null || (license != null && allowed.stream().anyMatch(license::equalsIgnoreCase))) {
            return;
        }
        throw new StageException(
                FailureClass.LicenseNotAllowed,
                "The model at " + model
                        + (license == null
                                ? " states no licence in README.md or config.json"
                                : " has licence " + license)
                        + ", and spec.model.allowedLicenses allows " + String.join(", ", allowed) + ".");
    }

    private static @Nullable String fromCard(Path card) {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(Files.newInputStream(card), StandardCharsets.UTF_8))) {
            String line = lines.readLine();
            if (line == null || !line.replace("\uFEFF", "").strip().equals("---")) {
                return null;
            }
            boolean inList = false;
            for (int i = 0; i < MAX_FRONT_MATTER_LINES; i++) {
                line = lines.readLine();
                if (line == null || line.strip().equals("---")) {
                    return null;
                }
                Matcher value = (inList ? ITEM : VALUE).matcher(line);
                if (value.matches()) {
                    return value.group(1);
                }
                inList = line.strip().equals("license:");
            }
            return null;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static @Nullable String fromConfig(Path config) {
        try {
            return JsonMapper.builder()
                    .build()
                    .readTree(config.toFile())
                    .path("license")
                    .textValue();
        } catch (JsonProcessingException | CharConversionException e) {
            throw new StageException(
                    FailureClass.InvalidData, "The model's config.json is not JSON: " + Json.fault(e) + ".", e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
