package dev.finetune.trainer.serving;

import java.time.Duration;

/** What a client may ask of a server at most; beyond it a request is refused, never cut. */
final class Limits {
    /** Of a request's body. */
    static final int BODY_BYTES = 1 << 20;

    /** The same where the model looks at images: a large photo as a camera saves it. */
    static final int IMAGE_BODY_BYTES = 16 << 20;

    /** Of all headers of a request together. */
    static final int HEADER_BYTES = 16 << 10;

    /** Texts in one request. */
    static final int INPUTS = 256;

    /** Levels of JSON in JSON. */
    static final int NESTING = 16;

    /** Open connections. */
    static final int CONNECTIONS = 1024;

    /** For a body from its first byte to its last. */
    static final Duration BODY_TIME = Duration.ofSeconds(10);

    /** Between two bytes of a request. */
    static final Duration READ_TIME = Duration.ofSeconds(10);

    /** A connection without a request. */
    static final Duration IDLE_TIME = Duration.ofSeconds(60);

    private Limits() {}
}
