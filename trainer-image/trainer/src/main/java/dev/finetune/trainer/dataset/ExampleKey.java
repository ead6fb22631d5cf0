package dev.finetune.trainer.dataset;

import dev.finetune.trainer.transform.TextInput;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.text.Normalizer;
import java.util.HexFormat;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * The identity of an input: the first 8 bytes of SHA-256 over its NFC, case-folded, whitespace-collapsed form. Two texts that differ
 * in nothing else are duplicates. Part of splitVersion: a change here moves every split.
 */
final class ExampleKey {
    private static final Pattern SPACES = Pattern.compile("\\s+", Pattern.UNICODE_CHARACTER_CLASS);

    /** What a normalised text never holds: a separator that is white space to it. */
    private static final char BETWEEN = '\n';

    private ExampleKey() {}

    /** 16 hex digits. */
    static String of(String text) {
        return of(TextInput.of(text));
    }

    /** 16 hex digits; in a pair it matters which text comes first. */
    static String of(TextInput input) {
        String pair = input.textPair();
        String whole = normal(input.text()) + (pair == null ? "" : BETWEEN + normal(pair));
        return HexFormat.of().formatHex(sha256(whole), 0, 8);
    }

    /** Whether the text holds nothing that can be seen: only white space, control and format characters. */
    static boolean isEmpty(String text) {
        return text.codePoints().allMatch(c -> switch (Character.getType(c)) {
            case Character.SPACE_SEPARATOR,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.CONTROL,
                    Character.FORMAT -> true;
            default -> false;
        });
    }

    /** NFC, case-folded, every white space one space, none at the ends. */
    static String normal(String text) {
        // Upper case first: it unites letters that lower case alone keeps apart, such as the two sigmas.
        String folded = Normalizer.normalize(text, Normalizer.Form.NFC)
                .toUpperCase(Locale.ROOT)
                .toLowerCase(Locale.ROOT);
        return SPACES.matcher(Normalizer.normalize(folded, Normalizer.Form.NFC))
                .replaceAll(" ")
                .strip();
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
