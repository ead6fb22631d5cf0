package dev.finetune.operator.desired;

import java.util.Map;
import java.util.TreeMap;

/** The labels and annotations of ours. Informers select by them; what a user owns never carries them. */
public final class Labels {
    /** The prefix that users may not use in {@code podTemplate}. */
    public static final String PREFIX = "finetune.dev/";

    /** The FineTuneJob that a Job, pod or claim belongs to. */
    public static final String JOB = PREFIX + "job";

    /** The stage of a Job or pod. */
    public static final String STAGE = PREFIX + "stage";

    /** The run of the stage. */
    public static final String RUN = PREFIX + "run";

    /** The ModelDeployment that a Deployment, Service or pod belongs to. */
    public static final String DEPLOYMENT = PREFIX + "deployment";

    /** The first 16 hex digits of a model digest. */
    public static final String DIGEST = PREFIX + "digest";

    /** Annotation: the whole digest of a model. */
    public static final String MODEL_DIGEST = PREFIX + "model-digest";

    /** Annotation: the digest of the plan that a Job runs. */
    public static final String PLAN_DIGEST = PREFIX + "plan-digest";

    /** Where Kueue reads the queue from. */
    public static final String QUEUE = "kueue.x-k8s.io/queue-name";

    /** The well-known label that says who manages an object. */
    public static final String MANAGED_BY = "app.kubernetes.io/managed-by";

    /** The value of {@link #MANAGED_BY}, and the field manager of every write. */
    public static final String OPERATOR = "finetune-operator";

    private Labels() {}

    /** The labels of everything that belongs to a FineTuneJob. */
    public static Map<String, String> ofJob(String job) {
        return new TreeMap<>(Map.of(MANAGED_BY, OPERATOR, JOB, job));
    }

    /** The labels of everything that belongs to a ModelDeployment. */
    public static Map<String, String> ofDeployment(String deployment) {
        return new TreeMap<>(Map.of(MANAGED_BY, OPERATOR, DEPLOYMENT, deployment));
    }
}
