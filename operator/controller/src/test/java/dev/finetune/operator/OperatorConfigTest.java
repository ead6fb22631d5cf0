package dev.finetune.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.operator.OperatorConfig.InvalidConfig;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OperatorConfigTest {
    @Test
    void everyErrorIsReportedTogether() {
        String yaml = """
                defaultProfile: big
                leaderElection: {enabled: true}
                port: 70000
                profiles:
                  small: {workspace: {size: lots, accessModes: [ReadAlways]}}
                  none: {}
                  cached: {workspace: {size: 1Gi}, cache: {claimName: Not_A_Claim, maxSize: much}}
                """;
        assertThatThrownBy(() -> OperatorConfig.parse("config.yaml", yaml, Map.of()))
                .isInstanceOf(InvalidConfig.class)
                .hasMessageContaining("config.yaml has 10 error(s)")
                .hasMessageContaining("image: is required")
                .hasMessageContaining("store.claimName: is required")
                .hasMessageContaining("defaultProfile: big is not one of [cached, none, small]")
                .hasMessageContaining("profiles.small.workspace.size")
                .hasMessageContaining("profiles.small.workspace.accessModes")
                .hasMessageContaining("profiles.none.workspace.size")
                .hasMessageContaining("profiles.cached.cache.claimName")
                .hasMessageContaining("profiles.cached.cache.maxSize: expected a quantity such as 20Gi, got much")
                .hasMessageContaining("leaderElection.namespace")
                .hasMessageContaining("port: expected 0 to 65535, got 70000");
    }

    @Test
    void aMisspelledKeyIsAnError() {
        assertThatThrownBy(() -> OperatorConfig.parse("config.yaml", "imgae: x", Map.of()))
                .isInstanceOf(InvalidConfig.class)
                .hasMessageContaining("imgae");
    }

    @Test
    void theEnvironmentSaysWhoAndWhereThisInstanceIs() {
        OperatorConfig config =
                OperatorConfig.parse("config.yaml", """
                image: trainer:1
                defaultProfile: small
                store: {claimName: models}
                leaderElection: {enabled: true}
                profiles: {small: {workspace: {size: 1Gi}}}
                """, Map.of("POD_NAME", "operator-1", "POD_NAMESPACE", "platform"));
        assertThat(config.instance()).isEqualTo("operator-1");
        assertThat(config.leaderElection().namespace()).isEqualTo("platform");
        assertThat(config.namespaces()).isEmpty();
        assertThat(config.port()).isEqualTo(8080);
    }
}
