package dev.finetune.trainer.engine;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The header of a safetensors file: 8 bytes little-endian length, that much JSON, then the tensors' bytes without holes. Everything a
 * header claims is checked against the file before a byte of data is read or memory for it is taken.
 *
 * @param dataStart where in the file the tensors' bytes begin; a tensor's {@code begin} and {@code end} count from there
 */
record Safetensors(Path file, long dataStart, Map<String, Tensor> tensors) {
    /** The limit of the format's own reader. */
    private static final long MAX_HEADER = 100_000_000;

    private static final ObjectMapper STRICT = new ObjectMapper().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);
    private static final byte[] LFS = "version https://git-lfs".getBytes(StandardCharsets.US_ASCII);

    /** One tensor of the file. */
    record Tensor(String name, Dtype dtype, long[] shape, long begin, long end) {}

    /** The element types of the format, with their size in bytes. */
    enum Dtype {
        BOOL(1),
        U8(1),
        I8(1),
        F8_E4M3(1),
        F8_E5M2(1),
        I16(2),
        U16(2),
        F16(2),
        BF16(2),
        I32(4),
        U32(4),
        F32(4),
        F64(8),
        I64(8),
        U64(8);

        final int size;

        Dtype(int size) {
            this.size = size;
        }
    }

    static Safetensors open(Path file) {
        try (FileChannel channel = FileChannel.open(file)) {
            return read(file, channel);
        } catch (IOException e) {
            throw new StageException(FailureClass.SourceUnavailable, "%s cannot be read: %s".formatted(file, e), e);
        }
    }

    private static Safetensors read(Path file, FileChannel channel) throws IOException {
        long size = channel.size();
        if (size < 8) {
            throw invalid(
                    file,
                    "is %d bytes long and not even holds the header's length; fetch the file again".formatted(size));
        }
        ByteBuffer start = ByteBuffer.allocate((int) Math.min(size, LFS.length)).order(ByteOrder.LITTLE_ENDIAN);
        readFully(channel, start, 0);
        if (Arrays.equals(start.array(), LFS)) {
            throw invalid(
                    file,
                    "is a Git LFS pointer and not the weights; fetch the real file (git lfs pull) and store that");
        }
        long length = start.getLong(0);
        if (length < 0 || length > MAX_HEADER) {
            throw invalid(
                    file,
                    "claims a header of %s bytes where at most %d are allowed; it is not a safetensors file, or damaged"
                            .formatted(Long.toUnsignedString(length), MAX_HEADER));
        }
        if (length > size - 8) {
            throw invalid(
                    file,
                    "claims a header of %d bytes but is %d bytes long; fetch the file again".formatted(length, size));
        }
        ByteBuffer header = ByteBuffer.allocate((int) length);
        readFully(channel, header, 8);
        return new Safetensors(file, 8 + length, tensors(file, header.array(), size - 8 - length));
    }

    private static void readFully(FileChannel channel, ByteBuffer into, long position) throws IOException {
        while (into.hasRemaining()) {
            int n = channel.read(into, position + into.position());
            if (n < 0) {
                throw new IOException("the file became shorter while it was read");
            }
        }
    }

    private static Map<String, Tensor> tensors(Path file, byte[] header, long dataLength) throws IOException {
        JsonNode root;
        try {
            root = STRICT.readTree(new String(header, StandardCharsets.UTF_8));
        } catch (JsonProcessingException e) {
            throw invalid(
                    file,
                    "has a header that is not JSON (%s); it is not a safetensors file, or damaged"
                            .formatted(e.getOriginalMessage()));
        }
        if (root == null || !root.isObject()) {
            throw invalid(file, "has a header that is not a JSON object; it is not a safetensors file, or damaged");
        }
        List<Tensor> found = new ArrayList<>();
        for (Map.Entry<String, JsonNode> entry : root.properties()) {
            if (!entry.getKey().equals("__metadata__")) {
                found.add(tensor(file, entry.getKey(), entry.getValue(), dataLength));
            }
        }
        if (found.isEmpty()) {
            throw invalid(file, "holds no tensor: there are no weights in it");
        }
        found.sort(Comparator.comparingLong(Tensor::begin).thenComparingLong(Tensor::end));
        long expected = 0;
        for (Tensor tensor : found) {
            if (tensor.begin != expected) {
                throw invalid(
                        file,
                        "tensor %s begins at byte %d where %d was expected: tensors %s; fetch the file again"
                                .formatted(
                                        tensor.name,
                                        tensor.begin,
                                        expected,
                                        tensor.begin < expected ? "overlap" : "leave a hole"));
            }
            expected = tensor.end;
        }
        if (expected != dataLength) {
            throw invalid(
                    file,
                    "holds %d bytes after its last tensor; fetch the file again".formatted(dataLength - expected));
        }
        Map<String, Tensor> byName = new LinkedHashMap<>();
        found.forEach(t -> byName.put(t.name, t));
        return byName;
    }

    private static Tensor tensor(Path file, String name, JsonNode node, long dataLength) {
        Dtype dtype = dtype(node.path("dtype").asText());
        if (dtype == null) {
            throw invalid(
                    file,
                    "tensor %s has the unknown element type %s; known are %s"
                            .formatted(name, node.path("dtype"), Arrays.toString(Dtype.values())));
        }
        JsonNode shape = node.path("shape");
        JsonNode offsets = node.path("data_offsets");
        if (!shape.isArray() || !offsets.isArray() || offsets.size() != 2 || !allLongs(shape) || !allLongs(offsets)) {
            throw invalid(
                    file,
                    "tensor %s needs whole numbers in shape and two in data_offsets, and has %s".formatted(name, node));
        }
        long[] dimensions = new long[shape.size()];
        long bytes = dtype.size;
        for (int i = 0; i < dimensions.length; i++) {
            dimensions[i] = shape.get(i).asLong();
            if (dimensions[i] < 0) {
                throw invalid(
                        file,
                        "tensor %s has the negative dimension %d in its shape %s"
                                .formatted(name, dimensions[i], shape));
            }
            try {
                bytes = Math.multiplyExact(bytes, dimensions[i]);
            } catch (ArithmeticException e) {
                throw invalid(file, "tensor %s has a shape beyond all memory: %s".formatted(name, shape));
            }
        }
        long begin = offsets.get(0).asLong();
        long end = offsets.get(1).asLong();
        if (begin < 0 || end < begin || end > dataLength) {
            throw invalid(
                    file,
                    "tensor %s lies at bytes %d to %d of %d bytes of data: the file is cut off or damaged; fetch it again"
                            .formatted(name, begin, end, dataLength));
        }
        if (end - begin != bytes) {
            throw invalid(
                    file,
                    "tensor %s of type %s and shape %s needs %d bytes and has %d; fetch the file again"
                            .formatted(name, dtype, shape, bytes, end - begin));
        }
        return new Tensor(name, dtype, dimensions, begin, end);
    }

    private static boolean allLongs(JsonNode array) {
        for (JsonNode value : array) {
            if (!value.isIntegralNumber() || !value.canConvertToLong()) {
                return false;
            }
        }
        return true;
    }

    private static @Nullable Dtype dtype(String text) {
        return Arrays.stream(Dtype.values())
                .filter(d -> d.name().equals(text))
                .findFirst()
                .orElse(null);
    }

    static StageException invalid(Path file, String problem) {
        return new StageException(FailureClass.InvalidData, "%s: %s".formatted(file, problem));
    }
}
