package dev.finetune.operator.desired;

/**
 * An event to be recorded about the object that was reconciled.
 *
 * @param reason one CamelCase word
 * @param note what happened and, for warnings, what to do; cut at 1,024 bytes
 */
public record Announcement(Type type, String reason, String note) {
    /** How an event is shown. */
    public enum Type {
        /** As it should be. */
        Normal,
        /** Somebody should look. */
        Warning
    }

    /** All is as it should be. */
    public static Announcement normal(String reason, String note) {
        return new Announcement(Type.Normal, reason, note);
    }

    /** Somebody should look. */
    public static Announcement warning(String reason, String note) {
        return new Announcement(Type.Warning, reason, note);
    }
}
