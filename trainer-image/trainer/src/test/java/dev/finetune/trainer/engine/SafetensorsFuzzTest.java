package dev.finetune.trainer.engine;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.finetune.trainer.FuzzedFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Weights of any bytes are opened or refused, without taking the memory that a header claims. */
class SafetensorsFuzzTest {
    private static final Path FILE = FuzzedFile.folder().resolve("model.safetensors");

    static Stream<byte[]> weights() {
        return Stream.of(
                file(
                        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"__metadata__\":{\"format\":\"pt\"}}",
                        8),
                file("{\"a\":{\"dtype\":\"BF16\",\"shape\":[],\"data_offsets\":[0,2]}}", 2),
                file("{}", 0));
    }

    @MethodSource
    @FuzzTest(maxDuration = "10m")
    void weights(byte[] file) throws IOException {
        FuzzedFile.read(FILE, file, Weights::ofFile);
    }

    private static byte[] file(String header, int data) {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(Long.BYTES + json.length + data)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(json.length)
                .put(json)
                .array();
    }
}
