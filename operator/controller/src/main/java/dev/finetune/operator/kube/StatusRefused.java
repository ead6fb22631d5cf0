package dev.finetune.operator.kube;

/** The API server does not take the status of an object. Thrown so that it is tried again, with pauses that grow. */
public final class StatusRefused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Without a stack: it comes again and again, always from the same line. */
    StatusRefused(String text) {
        super(text, null, false, false);
    }

    static String text(int code, String server) {
        return "the API server takes no status of this object (%d), as where what is stored does not fit the schema of its kind. It is tried again at growing intervals; if it stays so, delete the object and create it anew. The server said: %s"
                .formatted(code, server);
    }
}
