package dev.finetune.operator;

import dev.finetune.operator.kube.LenientClient;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts the operator: {@code java -jar operator.jar [config.yaml]}. */
public final class Main {
    private static final Logger LOG = LoggerFactory.getLogger(Main.class);
    private static final int UNUSABLE = 2;

    private Main() {}

    /** Runs until the process is told to stop. The one argument is the path of the configuration. */
    public static void main(String[] arguments) {
        String path = arguments.length > 0 ? arguments[0] : OperatorConfig.PATH;
        OperatorProcess process;
        try {
            OperatorConfig config =
                    OperatorConfig.parse(path, Files.readString(Path.of(path)), Map.copyOf(System.getenv()));
            KubernetesClient client = LenientClient.create();
            process = new OperatorProcess(config, client, Clock.systemUTC());
            Runtime.getRuntime().addShutdownHook(new Thread(process::close, "shutdown"));
            process.start();
        } catch (IOException e) {
            LOG.error("cannot read the configuration {}: {}", path, e.toString());
            System.exit(UNUSABLE);
        } catch (OperatorConfig.InvalidConfig | OperatorProcess.UnsupportedCluster e) {
            LOG.error("{}", e.getMessage());
            System.exit(UNUSABLE);
        }
    }
}
