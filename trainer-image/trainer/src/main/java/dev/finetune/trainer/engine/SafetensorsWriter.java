package dev.finetune.trainer.engine;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/** Writes float32 tensors as Hugging Face does: keys sorted, {@code __metadata__ {format: pt}}, header padded so that data is 8-aligned. */
public final class SafetensorsWriter {
    private SafetensorsWriter() {}

    /** Writes the file; whether it is to be seen whole, and to be on the disk, is the caller's to care for. */
    public static void write(Path file, SortedMap<String, RawTensor> tensors) throws IOException {
        write(file, tensors, List.of());
    }

    /** The same with int64 scalars of value 0 behind: PyTorch's batch norms count batches, which nothing reads, and miss the count. */
    public static void write(Path file, SortedMap<String, RawTensor> tensors, List<String> zeroCounts)
            throws IOException {
        byte[] header = header(tensors, zeroCounts);
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            ByteBuffer start = ByteBuffer.allocate(8 + header.length).order(ByteOrder.LITTLE_ENDIAN);
            writeFully(channel, start.putLong(header.length).put(header).flip());
            for (RawTensor tensor : tensors.values()) {
                writeFully(channel, tensor.values().duplicate());
            }
            writeFully(channel, ByteBuffer.allocate(Long.BYTES * zeroCounts.size()));
        }
    }

    private static byte[] header(Map<String, RawTensor> tensors, List<String> zeroCounts) {
        ObjectNode header = new ObjectMapper().createObjectNode();
        header.putObject("__metadata__").put("format", "pt");
        long offset = 0;
        for (Map.Entry<String, RawTensor> entry : tensors.entrySet()) {
            long end = offset + entry.getValue().values().remaining();
            ObjectNode tensor = header.putObject(entry.getKey()).put("dtype", "F32");
            Arrays.stream(entry.getValue().shape()).forEach(tensor.putArray("shape")::add);
            tensor.putArray("data_offsets").add(offset).add(end);
            offset = end;
        }
        for (String count : zeroCounts) {
            ObjectNode tensor = header.putObject(count).put("dtype", "I64");
            tensor.putArray("shape");
            tensor.putArray("data_offsets").add(offset).add(offset + Long.BYTES);
            offset += Long.BYTES;
        }
        StringBuilder text = new StringBuilder(header.toString());
        while (text.toString().getBytes(StandardCharsets.UTF_8).length % 8 != 0) {
            text.append(' ');
        }
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }
}
