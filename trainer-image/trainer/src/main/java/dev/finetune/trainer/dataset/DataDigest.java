package dev.finetune.trainer.dataset;

import dev.finetune.api.Json;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;

/**
 * What data a number was measured on: SHA-256 over the sorted {@code [split, key, label]} lines of raw examples. It does not move
 * with row order, preprocessing, duplicates of white space, or ids.
 */
final class DataDigest {
    private static final Comparator<Example> ORDER =
            Comparator.comparing(Example::key).thenComparing(Example::label, ClassChecks.BY_CODE_POINT);

    private final MessageDigest digest;

    private DataDigest() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** Of the test split alone: equal for all jobs that are judged on the same examples. */
    static String ofTest(List<Example> test) {
        return new DataDigest().add("test", test).value();
    }

    /** Of what a model learns and is selected from. */
    static String ofTraining(Splits splits) {
        return new DataDigest()
                .add("train", splits.train())
                .add("validation", splits.validation())
                .value();
    }

    /** Of what a model learns from where its texts are changed by synonyms of a file with that digest. */
    static String withThesaurus(String training, String thesaurus) {
        return Json.digest(List.of(training, thesaurus));
    }

    private DataDigest add(String split, List<Example> examples) {
        examples.stream().sorted(ORDER).forEach(e -> {
            digest.update(Json.write(List.of(split, e.key(), e.label())).getBytes(StandardCharsets.UTF_8));
            digest.update((byte) '\n');
        });
        return this;
    }

    private String value() {
        return "sha256:" + HexFormat.of().formatHex(digest.digest());
    }
}
