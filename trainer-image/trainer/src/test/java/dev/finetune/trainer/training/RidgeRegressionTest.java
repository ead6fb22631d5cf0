package dev.finetune.trainer.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class RidgeRegressionTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void equalsScikitLearnsRidge() throws IOException {
        JsonNode golden = JSON.readTree(Objects.requireNonNull(
                getClass().getResourceAsStream("/dev/finetune/trainer/metric/numbers-golden.json")));
        double[][] features = JSON.convertValue(golden.path("features"), double[][].class);
        double[] numbers = JSON.convertValue(golden.path("numbers"), double[].class);

        for (JsonNode expected : golden.path("ridge")) {
            RidgeRegression fitted = RidgeRegression.fit(
                    features, numbers, expected.path("alpha").asDouble());
            assertThat(fitted.weights())
                    .containsExactly(JSON.convertValue(expected.path("weights"), double[].class), within(1e-9));
        }
    }
}
