package dev.finetune.trainer.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The CPUs that this container may use: the cgroup's quota, rounded down, at least one; without a quota those that the JVM sees. */
final class CpuLimit {
    private CpuLimit() {}

    static int cores() {
        return cores(Path.of("/sys/fs/cgroup/cpu.max"), Runtime.getRuntime().availableProcessors());
    }

    /** Half a core too many makes every parallel region wait for a throttled thread, so a quota of 2.5 is 2 threads. */
    static int cores(Path cpuMax, int visible) {
        try {
            String[] quotaAndPeriod = Files.readString(cpuMax).trim().split(" ");
            if (quotaAndPeriod.length != 2 || quotaAndPeriod[0].equals("max")) {
                return visible;
            }
            long cores = Long.parseLong(quotaAndPeriod[0]) / Long.parseLong(quotaAndPeriod[1]);
            return (int) Math.max(1, Math.min(cores, visible));
        } catch (IOException | NumberFormatException e) {
            return visible;
        }
    }
}
