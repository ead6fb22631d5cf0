package dev.finetune.trainer.training;

import dev.finetune.api.Json;
import dev.finetune.trainer.storage.DurableFiles;
import dev.finetune.trainer.storage.FileDigest;
import dev.finetune.trainer.storage.FileTree;
import dev.finetune.trainer.storage.Volume;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The checkpoints of one training, a folder each, and the weights of its best validations that they refer to. A checkpoint that is
 * not whole, whose files have other digests, or that belongs to another training is passed over for the one before it.
 */
final class CheckpointStore {
    private static final Logger LOG = LoggerFactory.getLogger(CheckpointStore.class);
    private static final String STATE = "state.json";
    private static final String PREFIX = "step-";

    private final Path checkpoints;
    private final Path best;
    private final String trainingDigest;
    private final int keep;
    private final Lease lease;

    /** A checkpoint that is whole. */
    record Checkpoint(Path folder, CheckpointState state) {}

    CheckpointStore(Path run, String trainingDigest, int keep, Lease lease) {
        this.checkpoints = run.resolve("checkpoints");
        this.best = run.resolve("best");
        this.trainingDigest = trainingDigest;
        this.keep = Math.max(1, keep);
        this.lease = lease;
    }

    /** Writes a checkpoint with these files, then removes those that are too old and best weights that none refers to. */
    void save(CheckpointState state, Map<String, DurableFiles.Content> files) {
        Path target =
                checkpoints.resolve(PREFIX + "%010d".formatted(state.position().step()));
        lease.write(target, temporary -> {
            Files.createDirectory(temporary);
            for (Map.Entry<String, DurableFiles.Content> file : files.entrySet()) {
                file.getValue().writeTo(temporary.resolve(file.getKey()));
            }
            CheckpointState whole = state.with(FileDigest.ofFiles(temporary));
            Files.writeString(temporary.resolve(STATE), Json.write(whole));
        });
        prune(state.position().step());
    }

    /** Writes the weights of a validation that was the best so far. */
    CheckpointState.BestWeights saveBest(long step, DurableFiles.Content weights) {
        Path target = best.resolve(bestName(step));
        lease.write(target, weights);
        try {
            return new CheckpointState.BestWeights(target.getFileName().toString(), FileDigest.of(target));
        } catch (IOException e) {
            throw Volume.failure(target, e);
        }
    }

    /** Where those best weights lie. */
    Path path(CheckpointState.BestWeights weights) {
        return best.resolve(weights.file());
    }

    /** The newest checkpoint of this training that is whole. */
    Optional<Checkpoint> newest() {
        return folders().stream().flatMap(folder -> read(folder).stream()).findFirst();
    }

    private Optional<Checkpoint> read(Path folder) {
        try {
            CheckpointState state = state(folder);
            if (state.version() != CheckpointState.VERSION
                    || !state.trainingDigest().equals(trainingDigest)) {
                LOG.warn(
                        "Expected a checkpoint of training {}, {} is of {}; it is not used",
                        trainingDigest,
                        folder,
                        state.trainingDigest());
                return Optional.empty();
            }
            Map<String, String> digests = FileDigest.ofFiles(folder);
            digests.remove(STATE);
            CheckpointState.BestWeights bestWeights = state.best();
            if (!digests.equals(state.files())
                    || (bestWeights != null && !FileDigest.of(path(bestWeights)).equals(bestWeights.digest()))) {
                LOG.warn("The files of checkpoint {} do not have the digests it names; it is not used", folder);
                return Optional.empty();
            }
            return Optional.of(new Checkpoint(folder, state));
        } catch (IOException e) {
            LOG.warn(
                    "Checkpoint {} cannot be read ({}); it is not used",
                    folder,
                    e.getClass().getSimpleName());
            return Optional.empty();
        }
    }

    /** Best weights of later steps stay: the checkpoint that will refer to them is still to be written. */
    private void prune(long savedStep) {
        List<Path> all = folders();
        try {
            for (Path old : all.subList(Math.min(keep, all.size()), all.size())) {
                FileTree.delete(old);
            }
            Set<String> referred = new HashSet<>();
            for (Path kept : folders()) {
                CheckpointState.BestWeights weights = state(kept).best();
                if (weights != null) {
                    referred.add(weights.file());
                }
            }
            String latest = bestName(savedStep);
            for (Path weights : list(best)) {
                String name = weights.getFileName().toString();
                if (!referred.contains(name) && name.compareTo(latest) <= 0) {
                    FileTree.delete(weights);
                }
            }
        } catch (IOException e) {
            throw Volume.failure(checkpoints, e);
        }
    }

    private static CheckpointState state(Path folder) throws IOException {
        return Json.MAPPER.readValue(Files.readAllBytes(folder.resolve(STATE)), CheckpointState.class);
    }

    private static String bestName(long step) {
        return PREFIX + "%010d.safetensors".formatted(step);
    }

    private List<Path> folders() {
        return list(checkpoints).stream()
                .filter(p -> p.getFileName().toString().startsWith(PREFIX))
                .sorted(Comparator.<Path>naturalOrder().reversed())
                .toList();
    }

    private static List<Path> list(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(folder)) {
            return all.toList();
        } catch (IOException e) {
            throw Volume.failure(folder, e);
        }
    }
}
