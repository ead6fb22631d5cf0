package dev.finetune.trainer.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** Which trainer this is, as the build wrote it. */
final class Version implements IVersionProvider {
    /** The build id that plans and manifests carry. */
    static final String BUILD = read();

    @Override
    public String[] getVersion() {
        return new String[] {"finetune " + BUILD + " (Java " + Runtime.version().feature() + ")"};
    }

    private static String read() {
        try (InputStream in = Version.class.getResourceAsStream("version.properties")) {
            Properties properties = new Properties();
            properties.load(in);
            return properties.getProperty("version");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
