package dev.finetune.operator.job;

import dev.finetune.api.FineTuneJobSpec;
import dev.finetune.operator.OperatorConfig;
import dev.finetune.operator.kube.FineTuneJob;
import dev.finetune.operator.kube.LenientClient;
import java.util.Map;

/** A configuration and a job as users write them. */
final class Samples {
    static final String CONFIG = """
            image: registry.example/finetune-trainer:1
            defaultProfile: cpu-small
            store: {claimName: models}
            profiles:
              cpu-small:
                workspace: {size: 5Gi}
                resources:
                  prepare: {requests: {cpu: 500m, memory: 1Gi}, limits: {memory: 2Gi}}
                  train: {requests: {cpu: "1", memory: 2Gi}, limits: {memory: 4Gi}}
                  evaluate: {requests: {cpu: 500m, memory: 1Gi}, limits: {memory: 2Gi}}
                serviceAccounts: [trainer]
              gpu-small:
                image: registry.example/finetune-trainer:1-cuda
                runtimeClassName: nvidia
                nodeSelector: {pool: gpu}
                tolerations: [{key: nvidia.com/gpu, operator: Exists, effect: NoSchedule}]
                workspace: {storageClassName: fast, accessModes: [ReadWriteOnce], size: 50Gi}
                queues: {prepare: cpu-queue}
                resources:
                  prepare: {requests: {cpu: 500m, memory: 1Gi}, limits: {memory: 2Gi}}
                  train: {requests: {cpu: "4", memory: 16Gi}, limits: {memory: 16Gi, nvidia.com/gpu: 1}}
                  evaluate: {requests: {cpu: 500m, memory: 1Gi}, limits: {memory: 2Gi}}
            """;

    static final String JOB = """
            apiVersion: finetune.dev/v1alpha1
            kind: FineTuneJob
            metadata: {name: reviews, namespace: team, uid: uid-1, generation: 1, resourceVersion: "1"}
            spec:
              task: TextClassification
              model: {storageUri: "pvc://base/minilm"}
              dataset:
                format: CSV
                columns: {text: review, label: rating}
                train: {storageUri: "configmap://reviews/train.csv"}
                validation: {fraction: "0.1"}
                test: {storageUri: "pvc://data/test.csv"}
              training:
                hyperparameters: {batchSize: 8}
              output: {modelName: reviews}
            """;

    private Samples() {}

    static OperatorConfig config() {
        return config(CONFIG);
    }

    static OperatorConfig config(String yaml) {
        return OperatorConfig.parse("config.yaml", yaml, Map.of());
    }

    static FineTuneJob job() {
        return job(JOB);
    }

    static FineTuneJob job(String yaml) {
        return LenientClient.serialization().unmarshal(yaml, FineTuneJob.class);
    }

    static FineTuneJobSpec spec(String more) {
        return job(JOB + more).getSpec();
    }
}
