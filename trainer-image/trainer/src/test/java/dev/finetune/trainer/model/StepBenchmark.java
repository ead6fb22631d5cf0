package dev.finetune.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.finetune.api.Optimizer;
import dev.finetune.trainer.engine.CrossEntropy;
import dev.finetune.trainer.engine.Gradients;
import dev.finetune.trainer.engine.MemoryUse;
import dev.finetune.trainer.engine.OptimizerStep;
import dev.finetune.trainer.engine.TorchEngine;
import dev.finetune.trainer.transform.TextInput;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;

/**
 * Where the time of a full fine-tuning step goes: wall time, or CPU time with {@code -Dthreads=1}, which a busy machine disturbs less. {@code StepBenchmark MODEL_FOLDER LABEL_TAB_TEXT_FILE [STEPS [BATCH]]}; not a test.
 */
final class StepBenchmark {
    private StepBenchmark() {}

    public static void main(String[] args) throws IOException {
        Path folder = Path.of(args[0]);
        int limit = args.length > 2 ? Integer.parseInt(args[2]) : Integer.MAX_VALUE;
        int size = args.length > 3 ? Integer.parseInt(args[3]) : 32;
        List<String[]> rows = Files.readAllLines(Path.of(args[1])).stream()
                .map(l -> l.split("\t", 2))
                .toList();
        List<String> labels =
                List.copyOf(new TreeSet<>(rows.stream().map(r -> r[0]).toList()));
        TorchEngine engine = TorchEngine.start(Optional.ofNullable(Integer.getInteger("threads")));
        LongSupplier clock =
                engine.threads() == 1 ? ManagementFactory.getThreadMXBean()::getCurrentThreadCpuTime : System::nanoTime;
        List<Tokens> tokens;
        try (TextTokenizer tokenizer =
                TextTokenizer.open(folder, Math.min(128, TextTokenizer.defaultMaxLength(folder)))) {
            tokens = tokenizer.encode(rows.stream().map(r -> TextInput.of(r[1])).toList());
        }
        List<List<Integer>> batches = buckets(tokens, size);
        long forward = 0;
        long backward = 0;
        long clip = 0;
        long update = 0;
        long padded = 0;
        double sum = 0;
        List<Long> resident = new ArrayList<>();
        try (SequenceClassifier model = SequenceClassifier.load(folder, labels, LoadOptions.seeded(1));
                OptimizerStep optimizer = new OptimizerStep(engine, Optimizer.AdamW, 0.01)) {
            CrossEntropy loss = CrossEntropy.plain(engine);
            long begin = clock.getAsLong();
            int steps = 0;
            while (steps < limit && (limit != Integer.MAX_VALUE || steps < batches.size())) {
                List<Integer> rowsOfBatch = batches.get(steps % batches.size());
                int[] targets = rowsOfBatch.stream()
                        .mapToInt(i -> labels.indexOf(rows.get(i)[0]))
                        .toArray();
                engine.seed(steps);
                try (NDManager scope = engine.newScope()) {
                    long t0 = clock.getAsLong();
                    TokenBatch batch = TokenBatch.of(
                            scope, rowsOfBatch.stream().map(tokens::get).toList(), model.padId());
                    NDArray value = loss.of(model.logits(batch, true), targets, targets.length, true);
                    sum += value.getFloat();
                    long t1 = clock.getAsLong();
                    try (Gradients gradients = Gradients.of(engine, value, model.trainableParameters())) {
                        long t2 = clock.getAsLong();
                        double norm = gradients.clip(1.0);
                        long t3 = clock.getAsLong();
                        optimizer.apply(gradients, 5e-5);
                        long t4 = clock.getAsLong();
                        forward += t1 - t0;
                        backward += t2 - t1;
                        clip += t3 - t2;
                        update += t4 - t3;
                        padded += (long) batch.rows() * batch.length();
                        if (Double.isNaN(norm)) {
                            throw new IllegalStateException("NaN in step " + steps);
                        }
                    }
                }
                steps++;
                if (steps % 20 == 0) {
                    resident.add(MemoryUse.now().resident() >> 20);
                }
            }
            double seconds = (clock.getAsLong() - begin) / 1e9;
            System.out.printf(
                    "%d steps of %d (%d tokens a step) in %.1f s = %.0f ms a step: forward %.0f backward %.0f clip %.0f update %.0f; mean loss %.4f; %s; resident %s%n",
                    steps,
                    size,
                    padded / steps,
                    seconds,
                    seconds * 1e3 / steps,
                    forward / 1e6 / steps,
                    backward / 1e6 / steps,
                    clip / 1e6 / steps,
                    update / 1e6 / steps,
                    sum / steps,
                    MemoryUse.now(),
                    resident);
            double check = 0;
            for (float v : model.parameters().getLast().array().toFloatArray()) {
                check += v;
            }
            System.out.println("bias sum " + check);
        }
    }

    private static List<List<Integer>> buckets(List<Tokens> tokens, int size) {
        List<Integer> order =
                new ArrayList<>(IntStream.range(0, tokens.size()).boxed().toList());
        Collections.shuffle(order, new Random(1));
        List<List<Integer>> batches = new ArrayList<>();
        for (int from = 0; from < order.size(); from += 20 * size) {
            List<Integer> window = new ArrayList<>(order.subList(from, Math.min(from + 20 * size, order.size())));
            window.sort(Comparator.comparingInt(i -> tokens.get(i).length()));
            for (int k = 0; k < window.size(); k += size) {
                batches.add(List.copyOf(window.subList(k, Math.min(k + size, window.size()))));
            }
        }
        Collections.shuffle(batches, new Random(2));
        return batches;
    }
}
