package dev.finetune.operator.kube;

import java.net.HttpURLConnection;
import java.util.regex.Pattern;

/** The API server does not take the status of an object. Thrown so that it is tried again, with pauses that grow. */
public final class StatusRefused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private static final int UNPROCESSABLE = 422;

    /** How a server-side apply fails on a stored object that its schema does not describe; other answers of 500 pass by themselves. */
    private static final Pattern NOT_AS_THE_SCHEMA_HAS_IT =
            Pattern.compile("failed to (create typed (live|patch) object|convert (live|new) object) ");

    /** Without a stack: it comes again and again, always from the same line. */
    StatusRefused(String text) {
        super(text, null, false, false);
    }

    /** Whether an answer is about the object itself, and not about a server in trouble. */
    static boolean isMeant(int code, String server) {
        boolean misfit = code == HttpURLConnection.HTTP_INTERNAL_ERROR
                && NOT_AS_THE_SCHEMA_HAS_IT.matcher(server).find();
        return misfit || code == UNPROCESSABLE;
    }

    static String text(int code, String server) {
        return "the API server takes no status of this object (%d), as where what is stored does not fit the schema of its kind. It is tried again at growing intervals; if it stays so, delete the object and create it anew. The server said: %s"
                .formatted(code, server);
    }
}
