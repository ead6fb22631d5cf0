package dev.finetune.trainer.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsTest {
    private static final String GOOD = "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}}";

    @TempDir
    private Path temp;

    @Test
    void what_is_written_is_read_again_with_keys_sorted_and_data_aligned() throws IOException {
        Path file = temp.resolve("model.safetensors");
        SafetensorsWriter.write(
                file,
                new TreeMap<>(Map.of(
                        "z", RawTensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3),
                        "a", RawTensor.of(new float[] {7}, 1),
                        "scalar", RawTensor.of(new float[] {8}))));
        byte[] bytes = Files.readAllBytes(file);
        long header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
        assertThat(header % 8).isZero();
        JsonNode json = new ObjectMapper().readTree(bytes, 8, (int) header);
        assertThat(json.fieldNames()).toIterable().containsExactly("__metadata__", "a", "scalar", "z");
        assertThat(json.at("/__metadata__/format").asText()).isEqualTo("pt");
        Weights weights = Weights.ofFolder(temp);
        try (NDManager scope = TorchEngine.start().newScope()) {
            assertThat(weights.names()).containsExactly("a", "scalar", "z");
            assertThat(weights.shape("z")).containsExactly(2, 3);
            assertThat(weights.load(scope, "z").toFloatArray()).containsExactly(1, 2, 3, 4, 5, 6);
            assertThat(weights.load(scope, "scalar").getFloat()).isEqualTo(8);
        }
    }

    @Test
    void half_and_double_floats_become_single_ones() throws IOException {
        ByteBuffer data = ByteBuffer.allocate(2 + 2 + 8).order(ByteOrder.LITTLE_ENDIAN);
        data.putShort(Float.floatToFloat16(-1.5f))
                .putShort((short) (Float.floatToIntBits(3.25f) >> 16))
                .putDouble(0.1);
        Path file = file(
                "{'h':{'dtype':'F16','shape':[1],'data_offsets':[0,2]},'b':{'dtype':'BF16','shape':[1],'data_offsets':[2,4]},"
                        + "'d':{'dtype':'F64','shape':[],'data_offsets':[4,12]}}",
                data.array());
        Weights weights = Weights.ofFile(file);
        try (NDManager scope = TorchEngine.start().newScope()) {
            assertThat(weights.load(scope, "h").toFloatArray()).containsExactly(-1.5f);
            assertThat(weights.load(scope, "b").toFloatArray()).containsExactly(3.25f);
            assertThat(weights.load(scope, "d").toFloatArray()).containsExactly(0.1f);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "not JSON | is not JSON",
                "[1] | not a JSON object",
                "{} | holds no tensor",
                "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}} | Duplicate field",
                "{'a':{'dtype':'F7','shape':[2],'data_offsets':[0,8]}} | tensor a has the unknown element type",
                "{'a':{'dtype':'F32','shape':[-2],'data_offsets':[0,8]}} | negative dimension -2",
                "{'a':{'dtype':'F32','shape':[3],'data_offsets':[0,8]}} | needs 12 bytes and has 8",
                "{'a':{'dtype':'F32','shape':[1.5],'data_offsets':[0,8]}} | whole numbers",
                "{'a':{'dtype':'F32','shape':[4294967296,4294967296],'data_offsets':[0,8]}} | beyond all memory",
                "{'a':{'dtype':'F32','shape':[4],'data_offsets':[0,16]}} | cut off",
                "{'a':{'dtype':'F32','shape':[2],'data_offsets':[8,0]}} | lies at bytes 8 to 0",
                "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}} | 4 bytes after its last tensor",
                "{'a':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}} | leave a hole",
                "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},'b':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}} | overlap",
                "{'a':7} | unknown element type",
            })
    void a_header_that_lies_is_refused_with_what_is_wrong(String header, String problem) throws IOException {
        refused(file(header, new byte[8]), FailureClass.InvalidData, problem);
    }

    @Test
    void a_file_that_is_too_short_or_claims_too_much_is_refused_before_memory_is_taken() throws IOException {
        refused(raw(new byte[0]), FailureClass.InvalidData, "0 bytes long");
        refused(raw(length(1L << 40)), FailureClass.InvalidData, "claims a header of 1099511627776 bytes");
        refused(raw(length(-1)), FailureClass.InvalidData, "claims a header of 18446744073709551615 bytes");
        refused(raw(length(50)), FailureClass.InvalidData, "claims a header of 50 bytes but is 16 bytes long");
        refused(
                raw("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"
                        .getBytes(StandardCharsets.UTF_8)),
                FailureClass.InvalidData,
                "Git LFS pointer");
    }

    @Test
    void shards_are_found_through_their_index_and_what_is_missing_is_named() throws IOException {
        Files.move(file(GOOD, new byte[8]), temp.resolve("one.safetensors"));
        index("{'weight_map':{'a':'one.safetensors'}}");
        assertThat(Weights.ofFolder(temp).names()).containsExactly("a");
        index("{'weight_map':{'a':'one.safetensors','b':'two.safetensors'}}");
        refusedFolder(FailureClass.SourceUnavailable, "the shard two.safetensors, which is not there");
        index("{'weight_map':{'c':'one.safetensors'}}");
        refusedFolder(FailureClass.InvalidData, "lacks tensor c");
        index("{'weight_map':{'a':'../one.safetensors'}}");
        refusedFolder(FailureClass.InvalidData, "not a file of this folder");
        index("{}");
        refusedFolder(FailureClass.InvalidData, "weight_map");
    }

    @Test
    void a_pickle_is_refused_with_the_command_that_converts_it() throws IOException {
        refusedFolder(FailureClass.SourceUnavailable, "neither model.safetensors");
        Files.write(temp.resolve("pytorch_model.bin"), new byte[] {1});
        refusedFolder(
                FailureClass.InvalidData,
                "is a pickle",
                "torch.load('pytorch_model.bin', weights_only=True)",
                "save_file");
    }

    @Test
    void every_messy_file_ends_as_its_manifest_says() throws IOException {
        Path messy = Path.of("../../../shared/data/messy/weights");
        Assumptions.assumeTrue(Files.exists(messy), "no messy files here");
        for (String line : Files.readAllLines(messy.resolve("MANIFEST.jsonl"))) {
            JsonNode row = new ObjectMapper().readTree(line);
            Path file = messy.resolve(row.path("file").asText());
            boolean pickle = file.toString().endsWith(".pth");
            if (row.path("expect").asText().startsWith("accept") && !pickle) {
                assertThat(Weights.ofFile(file).names()).as(file.toString()).isNotEmpty();
            } else {
                refused(file, FailureClass.InvalidData, pickle ? "is a pickle" : "");
            }
        }
        assertThat(Path.of("/tmp/PICKLE_WAS_EXECUTED")).doesNotExist();
        try (NDManager scope = TorchEngine.start().newScope()) {
            Weights mixed = Weights.ofFile(messy.resolve("good-f16-bf16.safetensors"));
            List<String> floats =
                    mixed.names().stream().filter(n -> !n.startsWith("i")).toList();
            assertThat(floats).allSatisfy(n -> assertThat(mixed.names()).contains(n));
            for (String name : mixed.names()) {
                if (mixed.shape(name).length == 1 && mixed.shape(name)[0] == 2) {
                    assertThat(mixed.load(scope, name).toFloatArray()).containsExactly(1, 2);
                }
            }
        }
    }

    private static void refused(Path file, FailureClass failure, String... parts) {
        assertThatThrownBy(() -> Weights.ofFile(file))
                .as(file.toString())
                .isInstanceOfSatisfying(
                        StageException.class, e -> assertThat(e.failure()).isEqualTo(failure))
                .hasMessageContaining(file.getFileName().toString())
                .hasMessageContainingAll(parts);
    }

    private void refusedFolder(FailureClass failure, String... parts) {
        assertThatThrownBy(() -> Weights.ofFolder(temp))
                .isInstanceOfSatisfying(
                        StageException.class, e -> assertThat(e.failure()).isEqualTo(failure))
                .hasMessageContainingAll(parts);
    }

    private void index(String json) throws IOException {
        Files.writeString(temp.resolve("model.safetensors.index.json"), json.replace('\'', '"'));
    }

    private Path raw(byte[] bytes) throws IOException {
        return Files.write(temp.resolve("raw.safetensors"), bytes);
    }

    private static byte[] length(long length) {
        return ByteBuffer.allocate(16)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(length)
                .array();
    }

    private Path file(String header, byte[] data) throws IOException {
        byte[] text = header.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
        ByteBuffer all = ByteBuffer.allocate(8 + text.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
        return Files.write(
                temp.resolve("a.safetensors"),
                all.putLong(text.length).put(text).put(data).array());
    }
}
