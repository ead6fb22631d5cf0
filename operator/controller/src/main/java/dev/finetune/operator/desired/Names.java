package dev.finetune.operator.desired;

import dev.finetune.api.run.Stage;

/** Names of the children of a FineTuneJob. Its own name has at most 40 characters, so each of these fits a label. */
public final class Names {
    private Names() {}

    /** The Job of one run of a stage. */
    public static String stageJob(String job, Stage stage, int run) {
        return job + "-" + stage + "-" + run;
    }

    /** The plan of one run of a stage. */
    public static String plan(String job, Stage stage, int run) {
        return job + "-plan-" + stage + "-" + run;
    }

    /** The claim that the stages share. */
    public static String workspace(String job) {
        return job + "-workspace";
    }

    /** The ConfigMap that keeps the profile as it was on the first visit. */
    public static String profile(String job) {
        return job + "-profile";
    }

    /** The ConfigMap that keeps the report. */
    public static String report(String job) {
        return job + "-report";
    }
}
