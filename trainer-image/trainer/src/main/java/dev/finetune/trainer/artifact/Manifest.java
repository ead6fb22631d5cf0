package dev.finetune.trainer.artifact;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.finetune.api.EvaluationSummary;
import dev.finetune.api.FineTuneJobSpec;
import dev.finetune.api.Json;
import dev.finetune.api.McNemar;
import dev.finetune.api.MetricResult;
import dev.finetune.api.ReadSource;
import dev.finetune.api.RuleResult;
import dev.finetune.api.Task;
import dev.finetune.api.TextPreprocessing;
import dev.finetune.trainer.source.Contents;
import dev.finetune.trainer.storage.DurableFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code manifest.json}: what an artefact is, where it came from and how it was judged. Written last; an artefact without one does
 * not exist. {@code threshold} is the score from which a label is given, where a text may have several; {@code batchNorm} says in words
 * what batch norms learned from, where there are any; {@code maxLength} is 0 where inputs are images, whose preparation stands in
 * preprocessor_config.json. {@code sources} are absent in what was published before there were any. {@code digest} is over the
 * canonical list of files with their digests, so it names these very bytes.
 */
public record Manifest(
        int manifestVersion,
        String digest,
        String modelName,
        Task task,
        List<String> labels,
        @Nullable String positiveLabel,
        @Nullable Double threshold,
        TextPreprocessing preprocessing,
        int maxLength,
        @Nullable String batchNorm,
        @Nullable String parentDigest,
        String baseModelDigest,
        String datasetDigest,
        String testDigest,
        int splitVersion,
        FineTuneJobSpec spec,
        long seed,
        boolean exactResume,
        String trainerBuild,
        String cpu,
        int threads,
        String createdAt,
        @Nullable String license,
        boolean gatePassed,
        String gateReason,
        @Nullable String gateMessage,
        EvaluationSummary summary,
        List<MetricResult> metrics,
        List<McNemar> mcnemar,
        List<RuleResult> rules,
        @Nullable List<Source> sources,
        Map<String, String> files) {
    /** The version this code writes and understands. */
    public static final int VERSION = 1;

    /** What people call this version by: the first 12 hex digits of the digest. */
    public String version() {
        return digestHex().substring(0, 12);
    }

    /** The 64 hex digits of the digest: the name of the artefact's folder in the store. */
    public String digestHex() {
        return digest.substring(digest.indexOf(':') + 1);
    }

    /**
     * What a source of the job turned out to be when prepare read it; see {@link ReadSource}.
     *
     * @param address as the spec has it, without the query of an https address, which may hold a signature
     */
    public record Source(
            String field, String address, @Nullable String revision, long files, long bytes, String digest) {
        private static final TypeReference<List<Source>> LIST = new TypeReference<>() {};

        /** Of what was read of a source. */
        public static Source of(String field, String address, @Nullable String revision, Contents contents) {
            return new Source(field, address, revision, contents.files(), contents.bytes(), contents.digest());
        }

        /** As it stands in the result of prepare. */
        public ReadSource withoutAddress() {
            return new ReadSource(field, revision, files, bytes, digest);
        }

        /** Leaves them for evaluate. */
        public static void write(List<Source> sources, Path file) throws IOException {
            DurableFiles.write(file, Json.MAPPER.writeValueAsBytes(sources));
        }

        /** What prepare left; nothing where a workspace is older than this. */
        public static List<Source> read(Path file) throws IOException {
            return Files.exists(file) ? Json.MAPPER.readValue(file.toFile(), LIST) : List.of();
        }
    }
}
