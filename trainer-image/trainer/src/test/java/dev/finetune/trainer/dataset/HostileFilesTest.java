package dev.finetune.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.api.Columns;
import dev.finetune.api.DataFormat;
import dev.finetune.api.DatasetSpec;
import dev.finetune.api.Task;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.dataset.image.ImageDecoder;
import dev.finetune.trainer.dataset.image.UnreadableImageException;
import dev.finetune.trainer.engine.MemoryUse;
import dev.finetune.trainer.engine.Weights;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that were made to take all memory, read in a process that has little: each is refused in words, or read, and the process never holds much. */
class HostileFilesTest {
    private static final int HEAP_MIB = 128;
    private static final int RESIDENT_MIB = 320;
    private static final String PEAK = "peak";

    @TempDir
    private Path folder;

    private final Map<Path, String> expected = new LinkedHashMap<>();

    @Test
    void eachEndsInWords() throws Exception {
        hugeTexts();
        deepNesting();
        enormousImages();
        weightsWhoseHeaderPromisesMore();

        Map<String, String> told = read(List.copyOf(expected.keySet()));

        expected.forEach((file, end) -> assertThat(told.get(file.toString()))
                .as("%s", file.getFileName())
                .startsWith(end.split(" ", 2)[0])
                .contains(end.split(" ", 2)[1]));
    }

    @Test
    void soDoThoseOfTheSharedCollection() throws Exception {
        Path messy = SharedData.folder("messy");
        List<Path> all;
        try (Stream<Path> files = Files.walk(messy)) {
            all = files.filter(Files::isRegularFile)
                    .filter(file -> !kind(file).isEmpty())
                    .toList();
        }

        Map<String, String> told = read(all);

        assertThat(told).hasSize(all.size() + 1);
        assertThat(told.get(messy.resolve("images/huge-30000x30000.png").toString()))
                .startsWith("refused");
        assertThat(told.get(messy.resolve("images/png_decompression_dos.png").toString()))
                .isNotNull();
    }

    private void hugeTexts() throws IOException {
        repeated("field.csv", "text,label\n\"", "a", 64 << 20, "\",b\n", "refused longer than 8388608 characters");
        repeated("unclosed.csv", "text,label\n\"", "a\n", 32 << 20, "", "refused a quote is never closed");
        repeated("columns.csv", "text,label", ",", 8_000_000, "\na,b\n", "refused 2 fields");
        repeated("rows.csv", "text,label\n", "x\n", 2_000_000, "", "refused and 1999995 more");
        repeated(
                "line.jsonl",
                "{\"text\": \"",
                "a",
                64 << 20,
                "\", \"label\": \"b\"}\n",
                "refused longer than 8388608 characters");
        repeated("format.jsonl", "", "a,b\n", 2_000_000, "", "refused and 1999995 more");
        repeated("number.jsonl", "{\"label\": \"b\", \"text\": ", "9", 4_000_000, "}\n", "refused line 1");
        repeated("exponent.jsonl", "{\"label\": \"b\", \"text\": 1e", "9", 9, "}\n", "accepted 1 rows");
    }

    private void deepNesting() throws IOException {
        repeated("lists.jsonl", "{\"label\": \"b\", \"text\": ", "[", 4_000_000, "\n", "refused line 1");
        repeated("objects.jsonl", "", "{\"text\": ", 800_000, "\n", "refused line 1");
        byte[] nested = "[".repeat(4_000_000).getBytes(StandardCharsets.US_ASCII);
        weights("nested.safetensors", nested.length, nested, "refused nested.safetensors");
    }

    private void enormousImages() throws IOException {
        image("claims.png", png(60_000, 60_000, new byte[0]), "refused 60000 x 60000 pixels");
        image("zeros.png", png(30_000, 30_000, zeros(30_000 * 3_751)), "refused 30000 x 30000 pixels");
        // A chunk that holds a text: 256 MiB that no pixel needs.
        image("text.png", png(1, 1, zeros(2), chunk("zTXt", packedText())), "accepted 1 x 1");
        byte[] frame = {0x2c, 0, 0, 0, 0, -1, -1, -1, -1, 0, 2, 0};
        image("canvas.gif", gif(65_535, frame), "refused 65535 x 65535 pixels");
        image("frame.gif", gif(1, frame), "refused 65535 x 65535 pixels");
        image(
                "claims.jpg",
                HexFormat.of().parseHex("ffd8ffc0001108ffffffff03011100021101031101ffda000c03010002110311003f00"),
                "refused 65535 x 65535 pixels");
        try (RandomAccessFile large =
                new RandomAccessFile(folder.resolve("large.jpg").toFile(), "rw")) {
            large.setLength(1L << 30);
        }
        expected.put(folder.resolve("large.jpg"), "refused 1073741824 bytes");
    }

    private void weightsWhoseHeaderPromisesMore() throws IOException {
        weights("terabyte.safetensors", 1L << 40, new byte[100], "refused terabyte.safetensors");
        weights("limit.safetensors", 99_000_000, new byte[100], "refused limit.safetensors");
        byte[] header =
                "{\"a\": {\"dtype\": \"F32\", \"shape\": [1099511627776], \"data_offsets\": [0, 4398046511104]}}"
                        .getBytes(StandardCharsets.US_ASCII);
        weights("tensor.safetensors", header.length, header, "refused tensor.safetensors");
    }

    private void repeated(String name, String before, String part, int times, String after, String end)
            throws IOException {
        Path file = folder.resolve(name);
        byte[] parts = part.repeat(Math.min(times, 100_000)).getBytes(StandardCharsets.US_ASCII);
        try (OutputStream out = Files.newOutputStream(file)) {
            out.write(before.getBytes(StandardCharsets.US_ASCII));
            for (int left = times; left > 0; left -= Math.min(left, 100_000)) {
                out.write(parts, 0, part.length() * Math.min(left, 100_000));
            }
            out.write(after.getBytes(StandardCharsets.US_ASCII));
        }
        expected.put(file, end);
    }

    private void weights(String name, long headerLength, byte[] rest, String end) throws IOException {
        ByteBuffer file = ByteBuffer.allocate(8 + rest.length).order(ByteOrder.LITTLE_ENDIAN);
        expected.put(
                Files.write(
                        folder.resolve(name),
                        file.putLong(headerLength).put(rest).array()),
                end);
    }

    private void image(String name, byte[] bytes, String end) throws IOException {
        expected.put(Files.write(folder.resolve(name), bytes), end);
    }

    /** A grey image of one bit a pixel. */
    private static byte[] png(int width, int height, byte[] pixels, byte[]... chunks) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.write(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'});
        bytes.write(chunk(
                "IHDR",
                ByteBuffer.allocate(13)
                        .putInt(width)
                        .putInt(height)
                        .put((byte) 1)
                        .array()));
        for (byte[] chunk : chunks) {
            bytes.write(chunk);
        }
        bytes.write(chunk("IDAT", pixels));
        bytes.write(chunk("IEND", new byte[0]));
        return bytes.toByteArray();
    }

    private static byte[] packedText() throws IOException {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        text.write("Comment\0\0".getBytes(StandardCharsets.US_ASCII));
        text.write(zeros(256 << 20));
        return text.toByteArray();
    }

    private static byte[] zeros(int count) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (DeflaterOutputStream out = new DeflaterOutputStream(packed)) {
            byte[] some = new byte[1 << 16];
            for (int left = count; left > 0; left -= some.length) {
                out.write(some, 0, Math.min(left, some.length));
            }
        }
        return packed.toByteArray();
    }

    private static byte[] chunk(String name, byte[] content) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeInt(content.length);
        out.writeBytes(name);
        out.write(content);
        CRC32 sum = new CRC32();
        sum.update(bytes.toByteArray(), 4, content.length + 4);
        out.writeInt((int) sum.getValue());
        return bytes.toByteArray();
    }

    private static byte[] gif(int edge, byte[] frame) {
        return ByteBuffer.allocate(13 + frame.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put("GIF89a".getBytes(StandardCharsets.US_ASCII))
                .putShort((short) edge)
                .putShort((short) edge)
                .put(new byte[3])
                .put(frame)
                .array();
    }

    /** How each of these files ends in a process of its own, and under "peak" the most memory that this took. */
    private static Map<String, String> read(List<Path> files) throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx" + HEAP_MIB + "m",
                        "-XX:+UseSerialGC",
                        "-XX:+ExitOnOutOfMemoryError",
                        "-cp",
                        System.getProperty("java.class.path"),
                        HostileFilesTest.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (OutputStream names = process.getOutputStream()) {
            for (Path file : files) {
                names.write((file + "\n").getBytes(StandardCharsets.UTF_8));
            }
        }
        Map<String, String> told = new LinkedHashMap<>();
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .map(line -> line.split("\t", 2))
                .forEach(parts -> told.put(parts[0], parts[1]));
        assertThat(process.waitFor())
                .as("exit code; the last file was %s", told.keySet())
                .isZero();
        assertThat(Long.parseLong(told.getOrDefault(PEAK, "")) >> 20)
                .as("MiB at the most")
                .isLessThan(RESIDENT_MIB);
        return told;
    }

    /** Reads the files that standard input names, and prints how each ends. */
    public static void main(String[] args) throws IOException {
        BufferedReader names = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String name = names.readLine(); name != null; name = names.readLine()) {
            System.out.println(name + "\t" + end(Path.of(name)));
        }
        System.out.println(PEAK + "\t" + MemoryUse.now().peakResident());
    }

    private static String end(Path file) throws IOException {
        try {
            return "accepted "
                    + switch (kind(file)) {
                        case "csv" -> rows(file, DataFormat.CSV);
                        case "json" -> rows(file, DataFormat.JSONLines);
                        case "image" -> {
                            var pixels = ImageDecoder.decode(file);
                            yield pixels.width() + " x " + pixels.height();
                        }
                        default -> Weights.ofFile(file).names().size() + " tensors";
                    };
        } catch (StageException | UnreadableImageException e) {
            return "refused " + String.valueOf(e.getMessage()).replaceAll("\\s+", " ");
        }
    }

    private static String rows(Path file, DataFormat format) {
        DatasetSpec spec =
                new DatasetSpec(format, null, new Columns("text", "label"), null, null, null, null, null, null);
        return new DataFile(String.valueOf(file.getFileName()), file)
                        .read(ReadSettings.of(Task.TextClassification, spec), CheckSettings.of(null), new Findings())
                        .size()
                + " rows";
    }

    private static String kind(Path file) {
        String name = file.toString();
        return switch (name.substring(name.lastIndexOf('.') + 1)) {
            case "csv" -> "csv";
            case "json", "jsonl" -> "json";
            case "png", "jpg", "jpeg", "gif", "tif", "ppm", "fli" -> "image";
            case "safetensors", "pth" -> "weights";
            default -> "";
        };
    }
}
