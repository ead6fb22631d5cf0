package dev.finetune.trainer.training;

import dev.finetune.api.Json;
import dev.finetune.api.run.Plan;
import dev.finetune.api.run.TrainResult;
import dev.finetune.trainer.dataset.Workspace;
import java.nio.file.Files;
import java.nio.file.Path;

/** A train stage in a process of its own, for tests that kill it: WORKSPACE PLAN.json. Says {@code training} when it takes its first step. */
final class TrainProcess {
    private TrainProcess() {}

    public static void main(String[] arguments) throws Exception {
        Plan plan = Json.MAPPER.readValue(Files.readAllBytes(Path.of(arguments[1])), Plan.class);
        StopSignal stop = new StopSignal();
        Thread trainer = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            stop.request();
            try {
                trainer.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }));
        try {
            TrainResult result = TrainStage.run(
                    plan, new Workspace(Path.of(arguments[0])), p -> System.out.println("training"), stop);
            System.out.println("result " + Json.write(result));
        } catch (Stopped e) {
            System.out.println(e.getMessage());
            Runtime.getRuntime().halt(143);
        }
    }
}
