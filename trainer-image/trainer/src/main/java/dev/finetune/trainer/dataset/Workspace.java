package dev.finetune.trainer.dataset;

import java.nio.file.Path;

/**
 * The folders that the stages of one job share. Each is a mount of its own in a pod: prepare writes all but {@code run} and
 * {@code result}; train sees {@code model}, {@code train} and {@code run}, never {@code test}; evaluate writes {@code result} only.
 */
public record Workspace(Path root) {
    /** The verified base model: config.json, tokenizer files, *.safetensors. */
    public Path model() {
        return root.resolve("model");
    }

    /** The verified artefacts that serve now. */
    public Path deployed() {
        return root.resolve("deployed");
    }

    /** The verified artefact that serves under that digest, a folder per digest (the 64 hex digits). */
    public Path deployed(String digest) {
        return deployed().resolve(digest.substring(digest.indexOf(':') + 1));
    }

    /** Train and validation: {@code train.jsonl}, {@code validation.jsonl}, {@code dataset.json} ({@link DatasetInfo}). */
    public Path train() {
        return root.resolve("train");
    }

    /** The job's own synonyms, as they came; only where it has some. */
    public Path thesaurus() {
        return train().resolve("thesaurus.txt");
    }

    /** The test split: {@code test.jsonl}. */
    public Path test() {
        return root.resolve("test");
    }

    /** What prepare read of each source, with its address: where train does not look, for it must not learn where the test data is. */
    public Path sources() {
        return test().resolve("sources.json");
    }

    /** What train writes: {@code checkpoints/}, {@code best/}, {@code candidate/}, {@code baselines/}, {@code history.json}, {@code augmentation.json}, {@code lease}. */
    public Path run() {
        return root.resolve("run");
    }

    /** The trained weights before they are an artefact: model.safetensors, config.json, tokenizer files, training.json. */
    public Path candidate() {
        return run().resolve("candidate");
    }

    /** The fitted baselines: probe.safetensors with probe.json, prior.json; and what they are asked about train, suspected-labels.json. */
    public Path baselines() {
        return run().resolve("baselines");
    }

    /** What evaluate writes: result.json, report.json, report.html, test-errors.jsonl, the artefact before it is published. */
    public Path result() {
        return root.resolve("result");
    }
}
