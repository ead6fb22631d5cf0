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
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class SteadyMemoryTest {
    @Test
    void resident_memory_does_not_grow_with_steps_and_the_same_seeds_give_the_same_bytes() {
        float[] once = train(300);
        long before = MemoryUse.now().resident();
        float[] again = train(300);
        assertThat(again).isEqualTo(once);
        train(2000);
        assertThat(MemoryUse.now().resident() - before)
                .as("bytes that 2,300 steps left behind")
                .isLessThan(48L << 20);
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
