package dev.finetune.operator;

import dev.finetune.operator.kube.LenientClient;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts the operator: {@code java -jar operator.jar [--check] [config.yaml]}.
 *
 * <p>{@code --check} reads the configuration, wires everything and ends: the image build records what that loads.
 */
public final class Main {
    private static final Logger LOG = LoggerFactory.getLogger(Main.class);
    private static final int UNUSABLE = 2;
    private static final String CHECK = "--check";

    private Main() {}

    /** Runs until the process is told to stop. The one argument is the path of the configuration. */
    public static void main(String[] arguments) {
        List<String> words = new ArrayList<>(List.of(arguments));
        boolean checkOnly = words.remove(CHECK);
        String path = words.isEmpty() ? OperatorConfig.PATH : words.getFirst();
        OperatorProcess process;
        try {
            OperatorConfig config =
                    OperatorConfig.parse(path, Files.readString(Path.of(path)), Map.copyOf(System.getenv()));
            KubernetesClient client = LenientClient.create();
            process = new OperatorProcess(config, client, Clock.systemUTC());
            if (checkOnly) {
                process.close();
                LOG.info("the configuration {} is usable", path);
                return;
            }
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
