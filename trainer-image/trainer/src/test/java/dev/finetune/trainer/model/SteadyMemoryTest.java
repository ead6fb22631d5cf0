package dev.finetune.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.finetune.api.Optimizer;
import dev.finetune.trainer.engine.CrossEntropy;
import dev.finetune.trainer.engine.Gradients;
import dev.finetune.trainer.engine.MemoryUse;
import dev.finetune.trainer.engine.OptimizerStep;
import dev.finetune.trainer.engine.TorchEngine;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class SteadyMemoryTest {
    /** In a JVM of its own, all of whose heap is touched at the start: what grows there is not Java's. */
    @Test
    void resident_memory_does_not_grow_with_steps_and_the_same_seeds_give_the_same_bytes() throws Exception {
        ProcessBuilder command = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xms256m",
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "-XX:+AlwaysPreTouch",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        SteadyMemoryTest.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        command.environment().put("MALLOC_ARENA_MAX", "1");
        Process process = command.start();

        String grown = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .reduce("", (before, line) -> line);

        assertThat(process.waitFor()).isZero();
        assertThat(Long.parseLong(grown))
                .as("bytes that 2,000 steps left behind")
                .isLessThan(48L << 20);
    }

    /** Prints how many bytes 2,000 steps left behind; ends with 1 where the same seeds gave other bytes. */
    public static void main(String[] args) {
        float[] once = train(300);
        float[] again = train(300);
        if (!Arrays.equals(again, once)) {
            System.err.println("the same seeds gave other weights");
            System.exit(1);
        }
        long before = MemoryUse.now().resident();
        train(2000);
        System.out.println(MemoryUse.now().resident() - before);
    }

    private static float[] train(int steps) {
        Golden golden = Golden.of("bert");
        TorchEngine engine = TorchEngine.start();
        try (SequenceClassifier model =
                        SequenceClassifier.load(Golden.folder("bert"), Golden.LABELS, LoadOptions.seeded(1));
                OptimizerStep optimizer = new OptimizerStep(engine, Optimizer.AdamW, 0.01)) {
            for (int step = 0; step < steps; step++) {
                engine.seed(step);
                try (NDManager scope = engine.newScope()) {
                    NDArray loss = CrossEntropy.plain(engine)
                            .of(model.logits(golden.batch(scope), true), golden.targets(), golden.rows(), true);
                    try (Gradients gradients = Gradients.of(engine, loss, model.trainableParameters())) {
                        gradients.clip(1);
                        optimizer.apply(gradients, 1e-3);
                    }
                }
            }
            return model.parameters().stream()
                    .map(p -> p.array().toFloatArray())
                    .reduce(new float[0], (a, b) -> {
                        float[] all = Arrays.copyOf(a, a.length + b.length);
                        System.arraycopy(b, 0, all, a.length, b.length);
                        return all;
                    });
        }
    }
}
