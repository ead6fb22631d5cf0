package dev.finetune.acceptance.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.marcnuri.helm.Helm;
import com.marcnuri.helm.LintResult;
import com.marcnuri.helm.TemplateCommand;
import dev.finetune.operator.OperatorConfig;
import dev.finetune.operator.Profile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What Helm makes of the chart, compared with files; {@code -Dgoldens=write} writes them anew. */
class ChartTest {
    private static final Path CHART = Path.of("../../charts/finetune-operator");
    private static final Path GOLDENS = Path.of("src/test/resources/chart");
    private static final YAMLMapper YAML = new YAMLMapper();

    @BeforeAll
    static void onlyWhereTheLibraryRuns() {
        boolean runs = System.getProperty("os.name").equals("Linux")
                && System.getProperty("os.arch").equals("amd64");
        if (!runs) {
            System.err.println("SKIPPED: tests of the chart: Helm's library is there for Linux on amd64 only");
        }
        Assumptions.assumeTrue(runs);
    }

    @Test
    void lintsStrictly() {
        LintResult result = new Helm(CHART).lint().strict().call();

        assertThat(result.isFailed()).as("%s", result.getMessages()).isFalse();
    }

    @Test
    void rendersTheDefaults() throws IOException {
        assertGolden("defaults.yaml", withoutKinds(render()));
    }

    @Test
    void rendersNamespacedModeWithOneRoleInEach() throws IOException {
        assertGolden(
                "namespaced.yaml",
                withoutKinds(render(
                        "watch.namespaces[0]", "team-a",
                        "watch.namespaces[1]", "team-b",
                        "rbac.aggregate", "false",
                        "networkPolicy.enabled", "true",
                        "leaderElection.enabled", "false")));
    }

    @Test
    void rendersNoClusterAdminNoSecretsAndNoWildcard() {
        for (JsonNode role : all(render(), "ClusterRole")) {
            for (JsonNode rule : role.get("rules")) {
                assertThat(texts(rule.path("verbs"))).doesNotContain("*");
                assertThat(texts(rule.path("resources"))).doesNotContain("*", "secrets");
                assertThat(texts(rule.path("apiGroups"))).doesNotContain("*");
            }
        }
    }

    @Test
    void bringsTheKindsAsTheyAreAndKeepsThem() throws IOException {
        List<JsonNode> kinds = all(render(), "CustomResourceDefinition");
        assertThat(kinds).hasSize(2);
        for (JsonNode kind : kinds) {
            assertThat(kind.at("/metadata/annotations/helm.sh~1resource-policy").asText())
                    .isEqualTo("keep");
            String file = "finetune.dev_" + kind.at("/spec/names/plural").asText() + ".yaml";
            assertThat(kind.get("spec"))
                    .isEqualTo(
                            YAML.readTree(Path.of("../../crds", file).toFile()).get("spec"));
        }

        assertThat(all(render("crds.install", "false"), "CustomResourceDefinition"))
                .isEmpty();
    }

    @Test
    void theOperatorReadsTheConfigurationThatIsRendered() {
        JsonNode map = all(render("store.claimName", "artefacts", "watch.namespaces[0]", "team-a"), "ConfigMap")
                .getFirst();

        OperatorConfig config =
                OperatorConfig.parse("chart", map.at("/data/config.yaml").asText(), Map.of("POD_NAME", "operator-0"));

        assertThat(config.image()).isEqualTo("localhost/finetune-trainer:1");
        assertThat(config.storeClaim()).isEqualTo("artefacts");
        assertThat(config.namespaces()).containsExactly("team-a");
        assertThat(config.leaderElection())
                .isEqualTo(new OperatorConfig.LeaderElection(true, "finetune-system", "finetune-operator"));
        assertThat(config.profiles()
                        .get("default")
                        .resources()
                        .server()
                        .at("/requests/memory")
                        .asText())
                .isEqualTo("1Gi");
    }

    @Test
    void theOperatorReadsTheCacheOfAProfile() {
        JsonNode map = all(
                        render(
                                "profiles.default.cache.claimName", "finetune-cache",
                                "profiles.default.cache.maxSize", "50Gi"),
                        "ConfigMap")
                .getFirst();

        assertThat(OperatorConfig.parse("chart", map.at("/data/config.yaml").asText(), Map.of("POD_NAME", "operator-0"))
                        .profiles()
                        .get("default")
                        .cache())
                .isEqualTo(new Profile.Cache("finetune-cache", "50Gi"));
    }

    @Test
    void aProfileMayHoldWhatTheOperatorReadsAndNothingElse() throws IOException {
        JsonNode profile = YAML.readTree(CHART.resolve("values.schema.json").toFile())
                .at("/properties/profiles/additionalProperties/properties");
        Set<String> fields = new TreeSet<>();
        profile.fieldNames().forEachRemaining(fields::add);

        assertThat(fields)
                .isEqualTo(new TreeSet<>(Arrays.stream(Profile.class.getRecordComponents())
                        .map(java.lang.reflect.RecordComponent::getName)
                        .toList()));
    }

    @Test
    void refusesValuesThatCannotBe() {
        assertThatThrownBy(() -> template().set("image", "operator:1").call())
                .hasMessageContaining("trainer.image: the image of the pods that train and serve is required");
        assertThatThrownBy(() -> render("defaultProfile", "gpu"))
                .hasMessageContaining("gpu is not one of the profiles");
        assertThatThrownBy(() -> render("profiles.default.workspace.sizes", "1Gi"))
                .hasMessageContaining("sizes");
        assertThatThrownBy(() -> render("profiles.default.cache.maxSize", "50Gi"))
                .hasMessageContaining("claimName");
        assertThatThrownBy(() -> render("port", "0")).hasMessageContaining("port");
    }

    private static TemplateCommand template() {
        return new Helm(CHART)
                .template()
                .withName("finetune-operator")
                .withNamespace("finetune-system")
                .withKubeVersion("1.35.0");
    }

    private static String render(String... values) {
        TemplateCommand command = template()
                .set("image", "localhost/finetune-operator:1")
                .set("trainer.image", "localhost/finetune-trainer:1");
        for (int i = 0; i < values.length; i += 2) {
            command.set(values[i], values[i + 1]);
        }
        return command.call();
    }

    private static List<JsonNode> documents(String rendered) {
        return Arrays.stream(rendered.split("(?m)^---\\s*$"))
                .map(ChartTest::parse)
                .filter(JsonNode::isObject)
                .toList();
    }

    private static JsonNode parse(String document) {
        try {
            return YAML.readTree(document);
        } catch (IOException e) {
            throw new AssertionError(document, e);
        }
    }

    private static List<JsonNode> all(String rendered, String kind) {
        return documents(rendered).stream()
                .filter(d -> d.path("kind").asText().equals(kind))
                .toList();
    }

    /** The kinds are long, and compared with their source in a test of their own. */
    private static String withoutKinds(String rendered) throws IOException {
        StringBuilder text = new StringBuilder();
        for (JsonNode document : documents(rendered)) {
            if (!document.path("kind").asText().equals("CustomResourceDefinition")) {
                text.append(YAML.writeValueAsString(document));
            }
        }
        return text.toString();
    }

    private static void assertGolden(String name, String rendered) throws IOException {
        Path golden = GOLDENS.resolve(name);
        if ("write".equals(System.getProperty("goldens"))) {
            Files.createDirectories(GOLDENS);
            Files.writeString(golden, rendered);
        }
        assertThat(rendered).isEqualTo(Files.readString(golden));
    }

    private static List<String> texts(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false)
                .map(JsonNode::asText)
                .toList();
    }
}
