package dev.finetune.trainer.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.finetune.api.FailureClass;
import dev.finetune.api.Json;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.engine.Safetensors.Dtype;
import java.io.CharConversionException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The weights of a model folder, by name: {@code model.safetensors}, or the shards that {@code model.safetensors.index.json} names.
 * Values are mapped one tensor at a time and come out as float32 that libtorch owns, whatever float type they are stored in.
 */
public final class Weights {
    private static final String SINGLE = "model.safetensors";
    private static final String INDEX = "model.safetensors.index.json";
    private static final Set<String> PICKLES = Set.of("bin", "pt", "pth", "pkl", "pickle", "ckpt");

    private record Place(Safetensors file, Safetensors.Tensor tensor) {}

    private final Map<String, Place> places = new LinkedHashMap<>();

    private Weights() {}

    /** The weights of a folder as Hugging Face publishes it. */
    public static Weights ofFolder(Path folder) {
        if (Files.exists(folder.resolve(INDEX))) {
            return ofShards(folder);
        }
        if (Files.exists(folder.resolve(SINGLE))) {
            return ofFile(folder.resolve(SINGLE));
        }
        throw noWeights(folder);
    }

    /** The weights of one safetensors file. A pickle is refused unopened, because opening one runs whatever code it holds. */
    public static Weights ofFile(Path file) {
        refusePickle(file);
        Weights weights = new Weights();
        Safetensors opened = Safetensors.open(file);
        opened.tensors().forEach((name, tensor) -> weights.places.put(name, new Place(opened, tensor)));
        return weights;
    }

    private static Weights ofShards(Path folder) {
        Path index = folder.resolve(INDEX);
        JsonNode map;
        try {
            map = new ObjectMapper().readTree(index.toFile()).path("weight_map");
        } catch (JsonProcessingException | CharConversionException e) {
            throw Safetensors.invalid(index, "is not JSON (%s); fetch it again".formatted(Json.fault(e)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (!map.isObject() || map.isEmpty()) {
            throw Safetensors.invalid(index, "has no weight_map from tensor names to files");
        }
        Weights weights = new Weights();
        Map<String, Safetensors> opened = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> entry : map.properties()) {
            String shard = entry.getValue().asText();
            Path file = folder.resolve(shard).normalize();
            if (shard.isEmpty() || !folder.normalize().equals(file.getParent())) {
                throw Safetensors.invalid(
                        index, "names %s, which is not a file of this folder".formatted(entry.getValue()));
            }
            refusePickle(file);
            if (!Files.exists(file)) {
                throw new StageException(
                        FailureClass.SourceUnavailable,
                        "%s names the shard %s, which is not there; fetch it too".formatted(index, shard));
            }
            Safetensors container = opened.computeIfAbsent(shard, s -> Safetensors.open(file));
            Safetensors.Tensor tensor = container.tensors().get(entry.getKey());
            if (tensor == null) {
                throw Safetensors.invalid(
                        file, "lacks tensor %s, which %s says it holds".formatted(entry.getKey(), index.getFileName()));
            }
            weights.places.put(entry.getKey(), new Place(container, tensor));
        }
        return weights;
    }

    private static void refusePickle(Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        if (PICKLES.contains(name.substring(name.lastIndexOf('.') + 1))) {
            throw new StageException(
                    FailureClass.InvalidData,
                    "%s is a pickle, which can run code when it is opened, so it is refused; convert it where you trust it: python -c "
                                    .formatted(file)
                            + "\"import torch; from safetensors.torch import save_file; d = torch.load('%s', weights_only=True); "
                                    .formatted(file.getFileName())
                            + "save_file({k: v.contiguous().clone() for k, v in d.items()}, 'model.safetensors', {'format': 'pt'})\"");
        }
    }

    private static StageException noWeights(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            files.filter(Files::isRegularFile).sorted().forEach(Weights::refusePickle);
        } catch (IOException e) {
            return new StageException(
                    FailureClass.SourceUnavailable, "%s cannot be listed: %s".formatted(folder, e), e);
        }
        return new StageException(
                FailureClass.SourceUnavailable,
                "%s holds neither %s nor %s; point spec.model at a folder that does".formatted(folder, SINGLE, INDEX));
    }

    /** The names of all tensors. */
    public Set<String> names() {
        return new TreeSet<>(places.keySet());
    }

    /** The shape of a tensor. */
    public long[] shape(String name) {
        return place(name).tensor.shape().clone();
    }

    /** The file that a tensor stands in. */
    public Path file(String name) {
        return place(name).file.file();
    }

    /** Reads a tensor of floats (F32, F16, BF16 or F64) as float32 into the scope. */
    public NDArray load(NDManager scope, String name) {
        Place place = place(name);
        Safetensors.Tensor tensor = place.tensor;
        if (tensor.end() - tensor.begin() > Integer.MAX_VALUE) {
            throw Safetensors.invalid(
                    place.file.file(),
                    "tensor %s has %d bytes; at most 2 GiB per tensor can be loaded"
                            .formatted(name, tensor.end() - tensor.begin()));
        }
        try (FileChannel channel = FileChannel.open(place.file.file());
                Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = channel.map(
                    FileChannel.MapMode.READ_ONLY,
                    place.file.dataStart() + tensor.begin(),
                    tensor.end() - tensor.begin(),
                    arena);
            ByteBuffer values = bytes.asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
            return RawTensor.owned(scope, tensor.dtype() == Dtype.F32 ? values : widen(place, values), tensor.shape());
        } catch (IOException e) {
            throw new StageException(
                    FailureClass.SourceUnavailable, "%s cannot be read: %s".formatted(place.file.file(), e), e);
        }
    }

    private static ByteBuffer widen(Place place, ByteBuffer values) {
        Dtype dtype = place.tensor.dtype();
        int count = values.remaining() / dtype.size;
        ByteBuffer wide = ByteBuffer.allocateDirect(Math.multiplyExact(count, Float.BYTES))
                .order(ByteOrder.nativeOrder());
        FloatBuffer floats = wide.asFloatBuffer();
        for (int i = 0; i < count; i++) {
            floats.put(
                    switch (dtype) {
                        case F16 -> Float.float16ToFloat(values.getShort());
                        case BF16 -> Float.intBitsToFloat(values.getShort() << 16);
                        case F64 -> (float) values.getDouble();
                        default ->
                            throw Safetensors.invalid(
                                    place.file.file(),
                                    "tensor %s has element type %s where floats were expected"
                                            .formatted(place.tensor.name(), dtype));
                    });
        }
        return wide;
    }

    private Place place(String name) {
        Place place = places.get(name);
        if (place == null) {
            throw new IllegalArgumentException("no tensor " + name);
        }
        return place;
    }
}
