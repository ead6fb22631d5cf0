package dev.finetune.api.run;

/** Where operator and trainer agree that things are mounted in a pod. */
public final class PodPaths {
    /** The plan of the stage, one file of an immutable ConfigMap. */
    public static final String PLAN = "/etc/finetune/plan.json";

    /** The workspace; its folders are separate {@code subPath} mounts. */
    public static final String WORKSPACE = "/workspace";

    /** The artefact store's claim: read-write in evaluate, read-only in prepare. */
    public static final String STORE = "/store";

    /** The claim of a cache that jobs share: read-write in prepare, nowhere else. */
    public static final String CACHE = "/cache";

    /** Variable that names the folder of the cache. */
    public static final String CACHE_VARIABLE = "FINETUNE_CACHE";

    /** Variable with the most bytes that the cache may hold; absent is no limit of its own. */
    public static final String CACHE_BYTES_VARIABLE = "FINETUNE_CACHE_MAX_BYTES";

    /** The model folder of a server pod, read-only. */
    public static final String SERVED_MODEL = "/model";

    /** Where Kubernetes takes the termination message from: the default of every container. */
    public static final String TERMINATION_MESSAGE = "/dev/termination-log";

    private PodPaths() {}

    /** Where the claim of a {@code pvc://claim/path} source is mounted, read-only. */
    public static String claim(String name) {
        return "/sources/pvc/" + name;
    }

    /** Where the ConfigMap of a {@code configmap://name/key} source is mounted. */
    public static String configMap(String name) {
        return "/sources/configmap/" + name;
    }

    /** Where a Secret that a source or store names is mounted, in the pods that need it. */
    public static String secret(String name) {
        return "/sources/secret/" + name;
    }
}
