package dev.finetune.operator.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.operator.kube.FineTuneJob;
import dev.finetune.operator.kube.LenientClient;
import dev.finetune.operator.kube.ModelDeployment;
import org.junit.jupiter.api.Test;

class ModelDeploymentReconcilerTest {
    private final FineTuneJob job =
            read(FineTuneJob.class, "metadata: {name: reviews-v2}\nspec: {output: {modelName: reviews}}");

    @Test
    void aJobWakesTheDeploymentsThatFollowItsNameOrNameIt() {
        assertThat(wakes("{type: Follow, follow: {modelName: reviews}}")).isTrue();
        assertThat(wakes("{type: FineTuneJob, fineTuneJob: {name: reviews-v2}}"))
                .isTrue();
    }

    @Test
    void aJobWakesNoOthers() {
        assertThat(wakes("{type: Follow, follow: {modelName: reviews-v2}}")).isFalse();
        assertThat(wakes("{type: FineTuneJob, fineTuneJob: {name: reviews}}")).isFalse();
        assertThat(wakes("{type: Artifact, artifact: {storageUri: \"pvc://models/reviews\"}}"))
                .isFalse();
        assertThat(wakes("{type: Follow, follow: {}}")).isFalse();
        assertThat(wakes("poison")).isFalse();
        assertThat(ModelDeploymentReconciler.concerns(
                        read(FineTuneJob.class, "metadata: {name: reviews-v2}\nspec: 7"),
                        deployment("{type: Follow, follow: {modelName: reviews}}")))
                .isFalse();
    }

    private boolean wakes(String model) {
        return ModelDeploymentReconciler.concerns(job, deployment(model));
    }

    private static ModelDeployment deployment(String model) {
        return read(ModelDeployment.class, "metadata: {name: shown}\nspec: {model: " + model + "}");
    }

    private static <T> T read(Class<T> type, String yaml) {
        return LenientClient.serialization().unmarshal(yaml, type);
    }
}
