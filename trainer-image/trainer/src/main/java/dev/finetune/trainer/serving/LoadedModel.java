package dev.finetune.trainer.serving;

import dev.finetune.api.Task;
import dev.finetune.trainer.model.Predictor;
import java.util.List;

/** A verified model that is ready to answer, with what people want to read about it. */
record LoadedModel(Identity identity, Task task, List<String> labels, Pages pages, Predictor predictor) {
    /** What every answer says about the model that gave it. */
    record Identity(String name, String version, String digest) {
        /** Whether a client that names a version means this one: the short version, or any longer piece of the digest. */
        boolean isVersion(String asked) {
            String hex = digest.substring(digest.indexOf(':') + 1);
            return asked.length() >= version.length() && (hex.startsWith(asked) || digest.equals(asked));
        }
    }

    /** The model card as Markdown, the report as HTML; empty where the artefact has none. */
    record Pages(String card, byte[] report) {}
}
