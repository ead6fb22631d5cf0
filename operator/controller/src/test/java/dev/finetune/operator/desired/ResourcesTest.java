package dev.finetune.operator.desired;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.api.Json;
import dev.finetune.api.run.Stage;
import dev.finetune.operator.Profile;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ResourcesTest {
    @Test
    void everyContainerStatesRequestsAndAMemoryLimitEvenWhereTheProfileStatesNone() {
        Profile silent = profile(null);

        for (Stage stage : Stage.values()) {
            assertComplete(Resources.of(stage, silent, null), "1Gi");
        }
        assertComplete(Resources.ofServer(silent, null), "1Gi");
    }

    @Test
    void aRequestWithoutALimitIsItsOwnLimit() throws IOException {
        Profile profile = profile(resources("{}", "{\"requests\": {\"memory\": \"6Gi\"}}", "{}"));

        assertComplete(Resources.of(Stage.train, profile, null), "6Gi");
    }

    @Test
    void onlyTrainHoldsTheAccelerator() throws IOException {
        Profile profile = profile(resources(
                "{\"limits\": {\"nvidia.com/gpu\": \"1\"}}",
                "{\"limits\": {\"nvidia.com/gpu\": \"2\"}}",
                "{\"limits\": {\"nvidia.com/gpu\": \"1\"}}"));

        assertThat(Resources.of(Stage.prepare, profile, null).getLimits()).doesNotContainKey("nvidia.com/gpu");
        assertThat(Resources.of(Stage.evaluate, profile, null).getLimits()).doesNotContainKey("nvidia.com/gpu");
        assertThat(Resources.accelerators(profile, null)).isEqualTo(2);
    }

    private static void assertComplete(ResourceRequirements resources, String memory) {
        assertThat(resources.getRequests()).containsKey("cpu").containsEntry("memory", new Quantity(memory));
        assertThat(resources.getLimits()).containsEntry("memory", new Quantity(memory));
    }

    private static Profile profile(Profile.@Nullable Resources resources) {
        return new Profile(null, null, null, null, null, null, null, resources, null, null, null, null, null, null);
    }

    /** Given as in a pod, and in the order of {@link Profile.Resources}. */
    private static Profile.Resources resources(String prepare, String train, String evaluate) throws IOException {
        return new Profile.Resources(
                Json.MAPPER.readTree(prepare), Json.MAPPER.readTree(train), Json.MAPPER.readTree(evaluate), null);
    }
}
