package dev.finetune.acceptance;

import java.time.Duration;
import java.util.NoSuchElementException;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/** Waiting for what a cluster brings about: an object, a status or a container that is not there yet is no failure. */
public final class Eventually {
    private Eventually() {}

    public static ConditionFactory eventually(Duration atMost) {
        return Awaitility.await()
                .atMost(atMost)
                .pollInterval(Duration.ofMillis(200))
                .ignoreExceptionsMatching(
                        e -> e instanceof NullPointerException || e instanceof NoSuchElementException);
    }
}
