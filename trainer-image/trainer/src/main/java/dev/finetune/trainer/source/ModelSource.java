package dev.finetune.trainer.source;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.finetune.api.BaseModelSource;
import dev.finetune.api.FailureClass;
import dev.finetune.api.Json;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.storage.DurableFiles;
import dev.finetune.trainer.storage.FileTree;
import dev.finetune.trainer.storage.Volume;
import java.io.CharConversionException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Brings the base model's files into one folder and verifies what they are: the pinned digest and the licence. Weights come as
 * safetensors only, in one file or in shards with an index.
 */
public final class ModelSource {
    private static final String FIELD = "spec.model.storageUri";
    private static final long MAX_TEXT_BYTES = 256L << 20;
    private static final long MAX_WEIGHT_BYTES = 200L << 30;
    private static final String WEIGHTS = "model.safetensors";
    private static final String SCRATCH = ".packed";
    private static final String INDEX = "model.safetensors.index.json";
    private static final List<String> REQUIRED = List.of("config.json", "tokenizer.json");
    private static final List<String> OPTIONAL =
            List.of("tokenizer_config.json", "special_tokens_map.json", "vocab.txt", "preprocessor_config.json");
    private static final Pattern SHARD = Pattern.compile("[A-Za-z0-9][-._A-Za-z0-9]*\\.safetensors");
    private static final Pattern PICKLE = Pattern.compile(".*\\.(bin|pt|pth|pkl|ckpt)");

    private ModelSource() {}

    /** A verified base model in its folder; {@code revision} is the commit of a hub or the digest of a registry, {@code weights} are its safetensors files. */
    public record Verified(
            Contents contents,
            SourceUri uri,
            @Nullable String revision,
            @Nullable String license,
            List<Path> weights) {
        /** What {@code spec.model.digest} pins. */
        public String digest() {
            return contents.digest();
        }
    }

    /**
     * Fetches the model into {@code folder}.
     *
     * @throws StageException SourceUnavailable, InvalidSpec (no safetensors), DigestMismatch or LicenseNotAllowed
     */
    public static Verified fetch(SourceResolver sources, BaseModelSource model, Path folder) {
        return fetch(sources, model, folder, REQUIRED);
    }

    /** The same of a model of images, which has no tokenizer. */
    public static Verified fetchOfImages(SourceResolver sources, BaseModelSource model, Path folder) {
        return fetch(sources, model, folder, List.of("config.json"));
    }

    private static Verified fetch(
            SourceResolver sources, BaseModelSource model, Path folder, List<String> requiredFiles) {
        Location location =
                sources.locate(FIELD, model.storageUri() == null ? "" : model.storageUri(), model.secretRef());
        Path scratch = folder.resolve(SCRATCH);
        try {
            FileTree.delete(scratch);
            try {
                return fetch(sources.fileSet(location, scratch), location.uri(), model, folder, requiredFiles);
            } finally {
                FileTree.delete(scratch);
            }
        } catch (IOException e) {
            throw Volume.failure(folder, e);
        }
    }

    private static Verified fetch(
            FileSet files, SourceUri uri, BaseModelSource model, Path folder, List<String> requiredFiles)
            throws IOException {
        Map<String, FetchedFile> read = new TreeMap<>();
        for (String name : requiredFiles) {
            read.put(name, required(files, uri, name, folder));
        }
        for (String name : OPTIONAL) {
            fetch(files, name, folder, MAX_TEXT_BYTES).ifPresent(f -> read.put(name, f));
        }
        // The card is not part of the digest: a corrected sentence in it does not make another model.
        Optional<FetchedFile> card = fetch(files, "README.md", folder, MAX_TEXT_BYTES);
        String license = License.of(card.map(FetchedFile::path), folder.resolve("config.json"));
        License.check(model.allowedLicenses(), license, uri.toString());
        SortedSet<String> weights = weights(files, uri, folder, read);
        Contents contents = Contents.of(read);
        String digest = contents.digest();
        if (model.digest() != null && !model.digest().equals(digest)) {
            throw new StageException(
                    FailureClass.DigestMismatch,
                    "The model at " + uri + " has digest " + digest + ", and spec.model.digest pins " + model.digest()
                            + ".");
        }
        DurableFiles.sync(folder);
        return new Verified(
                contents,
                uri,
                files.revision(),
                license,
                weights.stream().map(folder::resolve).toList());
    }

    /** The licence that a fetched model states in its card or config.json, if any. */
    public static @Nullable String licenseOf(Path folder) {
        return License.of(
                Optional.of(folder.resolve("README.md")).filter(Files::exists), folder.resolve("config.json"));
    }

    private static SortedSet<String> weights(FileSet files, SourceUri uri, Path folder, Map<String, FetchedFile> read) {
        Optional<FetchedFile> whole = fetch(files, WEIGHTS, folder, MAX_WEIGHT_BYTES);
        if (whole.isPresent()) {
            read.put(WEIGHTS, whole.get());
            return new TreeSet<>(List.of(WEIGHTS));
        }
        FetchedFile index = fetch(files, INDEX, folder, MAX_TEXT_BYTES).orElseThrow(() -> noSafetensors(files, uri));
        read.put(INDEX, index);
        SortedSet<String> shards = shards(index.path(), uri);
        for (String shard : shards) {
            FetchedFile file = fetch(files, shard, folder, MAX_WEIGHT_BYTES).orElseThrow(() -> missing(uri, shard));
            read.put(shard, file);
        }
        return shards;
    }

    private static SortedSet<String> shards(Path index, SourceUri uri) {
        JsonNode map;
        try {
            map = JsonMapper.builder().build().readTree(index.toFile()).path("weight_map");
        } catch (JsonProcessingException | CharConversionException e) {
            throw invalidIndex(uri, Json.fault(e));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        SortedSet<String> shards = new TreeSet<>();
        for (JsonNode shard : map) {
            // A name with a slash could lead out of the folder.
            if (!SHARD.matcher(shard.asText()).matches()) {
                throw invalidIndex(uri, "'" + shard.asText() + "' is not the name of a safetensors file beside it");
            }
            shards.add(shard.asText());
        }
        if (shards.isEmpty()) {
            throw invalidIndex(uri, "it has no weight_map");
        }
        return shards;
    }

    private static FetchedFile required(FileSet files, SourceUri uri, String name, Path folder) {
        return fetch(files, name, folder, MAX_TEXT_BYTES).orElseThrow(() -> missing(uri, name));
    }

    private static Optional<FetchedFile> fetch(FileSet files, String name, Path folder, long maxBytes) {
        Path target = folder.resolve(name);
        try {
            // What an earlier attempt left must not stand in for what the source lacks.
            Files.deleteIfExists(target);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return files.fetch(name, target, maxBytes);
    }

    private static StageException missing(SourceUri uri, String name) {
        return new StageException(
                FailureClass.SourceUnavailable,
                "The model at " + uri + " has no " + name
                        + ": a folder as Hugging Face publishes it was expected (config.json, tokenizer.json, model.safetensors). "
                        + (name.equals("tokenizer.json")
                                ? "Write it with: python3 -c \"from transformers import AutoTokenizer; AutoTokenizer.from_pretrained('.').save_pretrained('.')\""
                                : "Point " + FIELD + " at that folder."));
    }

    private static StageException noSafetensors(FileSet files, SourceUri uri) {
        String pickle = files.names().stream()
                .filter(n -> PICKLE.matcher(n).matches())
                .findFirst()
                .orElse(null);
        String conversion =
                "python3 -c \"import torch; from safetensors.torch import save_file; save_file({k: v.clone() for k, v in torch.load('"
                        + (pickle == null ? "pytorch_model.bin" : pickle)
                        + "', map_location='cpu', weights_only=True).items()}, 'model.safetensors')\"";
        return new StageException(
                FailureClass.InvalidSpec,
                "The model at " + uri + " has neither " + WEIGHTS + " nor " + INDEX
                        + (pickle == null
                                ? ""
                                : "; it has " + pickle
                                        + ", a pickle, which can run code when it is read and is never opened")
                        + ". Convert it in its folder, on a machine that may run it: " + conversion);
    }

    private static StageException invalidIndex(SourceUri uri, String why) {
        return new StageException(
                FailureClass.InvalidData, "The model at " + uri + " has an unusable " + INDEX + ": " + why + ".");
    }
}
