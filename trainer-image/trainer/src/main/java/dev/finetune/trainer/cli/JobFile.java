package dev.finetune.trainer.cli;

import dev.finetune.api.FineTuneJobSpec;
import java.nio.file.Path;

/** A FineTuneJob as it stands in a manifest: the very file that {@code kubectl apply} takes. */
record JobFile(Path path, String name, String namespace, FineTuneJobSpec spec) {}
