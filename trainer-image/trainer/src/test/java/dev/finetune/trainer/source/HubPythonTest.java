package dev.finetune.trainer.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The double is a hub: Python's own client takes it for one. The client is that of FINETUNE_PYTHON or python3, or else fetched once
 * below {@code target} with pip.
 */
class HubPythonTest {
    private static final String PYTHON = System.getenv().getOrDefault("FINETUNE_PYTHON", "python3");
    private static final String CLIENT = "huggingface_hub==0.36.0";

    private static final String SCRIPT = """
            import sys
            from huggingface_hub import HfApi, hf_hub_download, snapshot_download
            from huggingface_hub.utils import RepositoryNotFoundError
            cache = sys.argv[1]
            print(HfApi().model_info("team/tiny").sha)
            path = hf_hub_download("team/tiny", "model.safetensors", cache_dir=cache)
            print(open(path).read())
            folder = snapshot_download("team/tiny", revision="main", cache_dir=cache)
            print(sorted(__import__("os").listdir(folder)))
            print(open(hf_hub_download("team/own", "data/train.csv", repo_type="dataset", cache_dir=cache)).read())
            try:
                hf_hub_download("private/tiny", "config.json", cache_dir=cache, token=False)
            except RepositoryNotFoundError:
                print("private")
            print(hf_hub_download("private/tiny", "config.json", cache_dir=cache, token="hf_secret") is not None)
            """;

    @TempDir
    Path folder;

    @Test
    void pythonsClientFindsAHubThere() throws IOException, InterruptedException {
        Path client = client();
        Path authority = Files.writeString(folder.resolve("ca.pem"), TestServer.certificate());
        try (HubDouble hub = new HubDouble()) {
            byte[] small = "{}".getBytes(StandardCharsets.UTF_8);
            Map<String, byte[]> model =
                    Map.of("config.json", small, "model.safetensors", "weights".getBytes(StandardCharsets.UTF_8));
            hub.commit("models", "team/tiny", "main", "1".repeat(40), model)
                    .commit("models", "private/tiny", "main", "2".repeat(40), model)
                    .commit(
                            "datasets",
                            "team/own",
                            "main",
                            "3".repeat(40),
                            Map.of("data/train.csv", "text,label".getBytes(StandardCharsets.UTF_8)));
            Result result = run(
                    List.of(PYTHON, "-c", SCRIPT, folder.resolve("cache").toString()),
                    Map.of(
                            "PYTHONPATH", client.toString(),
                            "HF_ENDPOINT", hub.endpoint(),
                            "HF_HOME", folder.resolve("home").toString(),
                            "HF_HUB_DISABLE_TELEMETRY", "1",
                            "HF_HUB_DISABLE_PROGRESS_BARS", "1",
                            "HF_HUB_DISABLE_XET", "1",
                            "REQUESTS_CA_BUNDLE", authority.toString(),
                            "SSL_CERT_FILE", authority.toString()));
            assertThat(result.output())
                    .contains(
                            "1".repeat(40),
                            "weights",
                            "['config.json', 'model.safetensors']",
                            "text,label",
                            "private",
                            "True");
            assertThat(result.status()).isZero();
        }
    }

    /** Where the client was fetched to, whether or not that was needed. */
    private static Path client() throws InterruptedException {
        Path fetched = Path.of("target", "python", CLIENT).toAbsolutePath();
        Map<String, String> there = Map.of("PYTHONPATH", fetched.toString());
        List<String> tried = List.of(PYTHON, "-c", "import huggingface_hub");
        if (run(tried, there).status() != 0) {
            Result pip = run(
                    List.of(PYTHON, "-m", "pip", "install", "--quiet", "--target", fetched.toString(), CLIENT),
                    Map.of());
            if (run(tried, there).status() != 0) {
                System.err.println("SKIPPED: " + PYTHON + " has no huggingface_hub and pip could not fetch " + CLIENT
                        + ", so the hub double is not held against it: " + pip.output());
                assumeTrue(false, "no huggingface_hub");
            }
        }
        return fetched;
    }

    private record Result(int status, String output) {}

    private static Result run(List<String> command, Map<String, String> environment) throws InterruptedException {
        try {
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
            builder.environment().putAll(environment);
            Process process = builder.start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return new Result(process.waitFor(), output);
        } catch (IOException e) {
            return new Result(-1, String.valueOf(e.getMessage()));
        }
    }
}
