package dev.finetune.trainer.training;

import dev.finetune.api.Json;
import dev.finetune.trainer.storage.DurableFiles;
import dev.finetune.trainer.storage.FileDigest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** The trained model before it is judged: a folder as Hugging Face publishes it, and {@code training.json}. */
public final class Candidate {
    private Candidate() {}

    /** Writes the folder whole or not at all; {@code model} writes what the network consists of into it. */
    static void write(Path folder, Lease lease, DurableFiles.Content model, TrainingRecord record) {
        lease.write(folder, temporary -> {
            Files.createDirectories(temporary);
            model.writeTo(temporary);
            Files.writeString(temporary.resolve(TrainingRecord.FILE), Json.write(record));
        });
    }

    /** The digest over all files but {@code training.json}, which holds times: the same training, the same digest. */
    public static String digest(Path folder) throws IOException {
        Map<String, String> files = FileDigest.ofFiles(folder);
        files.remove(TrainingRecord.FILE);
        return Json.digest(files);
    }
}
