package dev.finetune.trainer.evaluation;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Numbers as people and the API read them: decimal strings. */
public final class Numbers {
    private static final int DIGITS = 4;

    private Numbers() {}

    /** Four digits after the point, without trailing zeros; null for what does not exist. */
    public static @Nullable String decimal(double value) {
        return Double.isFinite(value) ? shown(value) : null;
    }

    /** As {@link #decimal}, for what exists. */
    public static String shown(double value) {
        if (!Double.isFinite(value)) {
            return "absent";
        }
        BigDecimal rounded = BigDecimal.valueOf(value).setScale(DIGITS, RoundingMode.HALF_EVEN);
        return rounded.signum() == 0 ? "0" : rounded.stripTrailingZeros().toPlainString();
    }

    /** A probability that may be tiny: four digits after the point, below that two significant ones. */
    public static String pValue(double p) {
        if (p >= 0.001 || p == 0) {
            return shown(p);
        }
        BigDecimal rounded = BigDecimal.valueOf(p).round(new MathContext(2));
        return String.format(Locale.ROOT, "%.1e", rounded).replace("e-0", "e-");
    }

    /** A share as whole or one-digit percent: {@code 95 %}. */
    public static String percent(double share) {
        BigDecimal percent = BigDecimal.valueOf(share * 100).setScale(1, RoundingMode.HALF_EVEN);
        return percent.stripTrailingZeros().toPlainString() + " %";
    }
}
