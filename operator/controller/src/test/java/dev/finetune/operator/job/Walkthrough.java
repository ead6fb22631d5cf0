package dev.finetune.operator.job;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;

/** A job from its first visit to its publication, for tests of what is made on the way. */
public final class Walkthrough {
    private Walkthrough() {}

    /** All children but pods, as they were created. */
    public static List<HasMetadata> children(String config, String job) {
        World world = new World(Samples.job(job), Samples.config(config));
        for (int stage = 0; stage < 3; stage++) {
            world.runStage();
        }
        return world.created.stream().filter(o -> !(o instanceof Pod)).toList();
    }
}
