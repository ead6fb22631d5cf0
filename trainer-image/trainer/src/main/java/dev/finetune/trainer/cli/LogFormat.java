package dev.finetune.trainer.cli;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.OutputStreamAppender;
import java.util.Map;
import java.util.logging.Level;
import org.slf4j.LoggerFactory;

/** JSON log lines in a pod, plain ones elsewhere; {@code FINETUNE_LOG_FORMAT=json|plain} decides where it is set. */
final class LogFormat {
    static final String VARIABLE = "FINETUNE_LOG_FORMAT";
    private static final String IN_A_POD = "KUBERNETES_SERVICE_HOST";

    /** Kept, because java.util.logging forgets loggers that nobody holds. */
    private static final java.util.logging.Logger HELIDON = java.util.logging.Logger.getLogger("io.helidon");

    private LogFormat() {}

    static boolean json(Map<String, String> environment) {
        String format = environment.getOrDefault(VARIABLE, "");
        return format.equals("json") || (format.isEmpty() && environment.containsKey(IN_A_POD));
    }

    static void configure(Map<String, String> environment) {
        HELIDON.setLevel(Level.WARNING);
        if (!json(environment) || !(LoggerFactory.getILoggerFactory() instanceof LoggerContext context)) {
            return;
        }
        JsonEncoder encoder = new JsonEncoder();
        encoder.setContext(context);
        encoder.setWithFormattedMessage(true);
        encoder.setWithMessage(false);
        encoder.setWithArguments(false);
        encoder.setWithContext(false);
        encoder.setWithSequenceNumber(false);
        encoder.setWithNanoseconds(false);
        encoder.start();
        OutputStreamAppender<ILoggingEvent> appender = new ConsoleAppender<>();
        ((ConsoleAppender<ILoggingEvent>) appender).setTarget("System.err");
        appender.setContext(context);
        appender.setName("JSON");
        appender.setEncoder(encoder);
        appender.start();
        var root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.detachAndStopAllAppenders();
        root.addAppender(appender);
    }
}
