package dev.finetune.trainer.source;

import dev.finetune.api.Json;
import java.util.Map;
import java.util.TreeMap;

/**
 * What was read of a source. The digest is that of the file where there is one; of several it is over the sorted list of their names and digests, as an artefact's is.
 *
 * @param files how many
 * @param bytes of all of them
 */
public record Contents(String digest, long files, long bytes) {
    /** Of one file. */
    static Contents of(FetchedFile file) {
        return new Contents(file.sha256(), 1, file.size());
    }

    /** Of files by their names. */
    public static Contents of(Map<String, FetchedFile> files) {
        if (files.size() == 1) {
            return of(files.values().iterator().next());
        }
        Map<String, String> digests = new TreeMap<>();
        files.forEach((name, file) -> digests.put(name, file.sha256()));
        return new Contents(
                Json.digest(digests),
                files.size(),
                files.values().stream().mapToLong(FetchedFile::size).sum());
    }
}
