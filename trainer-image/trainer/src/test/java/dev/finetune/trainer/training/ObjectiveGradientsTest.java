package dev.finetune.trainer.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.finetune.api.Answer;
import dev.finetune.api.Imbalance;
import dev.finetune.trainer.GarbageCollection;
import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.dataset.LabelSet;
import dev.finetune.trainer.dataset.TextList;
import dev.finetune.trainer.engine.Gradients;
import dev.finetune.trainer.engine.Parameter;
import dev.finetune.trainer.engine.TorchEngine;
import dev.finetune.trainer.model.Tokens;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The gradient of every loss against finite differences, with a garbage collection before the way back. */
class ObjectiveGradientsTest {
    private static final int[] ALL = {0, 1, 2, 3};
    private static final int[] OTHERS = {3, 0, 1, 2};
    private static final float STEP = 1e-2f;

    private final TorchEngine engine = TorchEngine.start();

    static List<Arguments> losses() {
        List<Arguments> losses = new ArrayList<>();
        for (Answer answer : Answer.values()) {
            losses.add(Arguments.of(answer, 0.0, Imbalance.None, Optional.empty()));
        }
        losses.add(Arguments.of(Answer.Tags, 0.1, Imbalance.None, Optional.empty()));
        for (Imbalance imbalance : Imbalance.values()) {
            losses.add(Arguments.of(Answer.Label, 0.1, imbalance, Optional.empty()));
            losses.add(Arguments.of(Answer.Label, 0.1, imbalance, Optional.of(new Mixed(0.3, OTHERS))));
        }
        return losses;
    }

    @ParameterizedTest
    @MethodSource("losses")
    void equalsFiniteDifferences(Answer answer, double smoothing, Imbalance imbalance, Optional<Mixed> mixed) {
        Objective objective = objective(answer, smoothing, imbalance);
        Random random = new Random(1);
        // Of words there is a row of outputs each.
        int rows = answer == Answer.Tags ? 3 * ALL.length : ALL.length;
        float[] outputs = new float[rows * objective.outputs()];
        for (int i = 0; i < outputs.length; i++) {
            outputs[i] = (float) (2 * random.nextGaussian());
        }

        float[] gradient;
        try (NDManager scope = engine.newScope()) {
            NDArray logits = scope.create(outputs, new Shape(rows, objective.outputs()));
            logits.setRequiresGradient(true);
            NDArray loss = loss(objective, mixed, logits);
            GarbageCollection.run();
            try (Gradients gradients =
                    Gradients.of(engine, loss, List.of(new Parameter("outputs", logits, false, false)))) {
                gradient = gradients.arrays().getFirst().toFloatArray();
            }
        }

        for (int i = 0; i < outputs.length; i++) {
            float kept = outputs[i];
            outputs[i] = kept + STEP;
            double up = value(objective, mixed, outputs, rows);
            outputs[i] = kept - STEP;
            double down = value(objective, mixed, outputs, rows);
            outputs[i] = kept;
            assertThat((double) gradient[i]).as("output %d", i).isCloseTo((up - down) / (2 * STEP), within(1e-3));
        }
    }

    private double value(Objective objective, Optional<Mixed> mixed, float[] outputs, int rows) {
        try (NDManager scope = engine.newScope()) {
            return loss(objective, mixed, scope.create(outputs, new Shape(rows, objective.outputs())))
                    .getFloat();
        }
    }

    private NDArray loss(Objective objective, Optional<Mixed> mixed, NDArray outputs) {
        double divisor = objective.divisor(ALL);
        return mixed.isPresent()
                ? mixed.get().loss(engine, objective, outputs, ALL, divisor)
                : objective.loss(outputs, ALL, divisor);
    }

    private Objective objective(Answer answer, double smoothing, Imbalance imbalance) {
        List<String> labels = switch (answer) {
            case Label, Labels -> List.of("a", "b", "c");
            case Tags -> List.of("B-X", "I-X", "O");
            case Number -> List.of("score");
        };
        List<String> answers = switch (answer) {
            case Label -> List.of("a", "c", "b", "a");
            case Labels ->
                List.of(
                        LabelSet.of(List.of("a")),
                        LabelSet.of(List.of()),
                        LabelSet.of(List.of("a", "c")),
                        LabelSet.of(List.of("b")));
            case Tags -> Collections.nCopies(ALL.length, TextList.of(List.of("B-X", "I-X", "O")));
            case Number -> List.of("1.5", "-2", "0", "0.25");
        };
        List<Example> examples = new ArrayList<>();
        answers.forEach(a -> examples.add(new Example("id", "key", "three small words", a)));
        Tokens threeWords = new Tokens(new int[] {2, 4, 8, 5, 3}, new int[5], new int[] {1, 2, 3});
        List<Tokens> tokens = Collections.nCopies(ALL.length, threeWords);
        return Objective.of(
                answer,
                engine,
                new Objective.Targets(labels, examples, examples, tokens, tokens),
                smoothing,
                imbalance,
                new SelectionRule("accuracy", null, null, 0));
    }
}
