package dev.finetune.trainer.engine;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * A TorchScript archive of one class without parameters, written without Python: a stored zip of the code, a pickle (protocol 2) of
 * an instance whose only field is {@code training = False}, no constants, and the file format's version.
 */
final class ScriptArchive {
    /** The newest operator version that libtorch 2.7 writes; older ones would run the operators of their time. */
    private static final String VERSION = "10\n";

    private ScriptArchive() {}

    static byte[] pack(String name, String code) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            put(zip, "k/data.pkl", instance(name));
            put(zip, "k/code/__torch__.py", code.getBytes(StandardCharsets.UTF_8));
            put(zip, "k/constants.pkl", new byte[] {(byte) 0x80, 2, ')', '.'});
            put(zip, "k/version", VERSION.getBytes(StandardCharsets.US_ASCII));
        }
        return bytes.toByteArray();
    }

    private static byte[] instance(String name) throws IOException {
        ByteArrayOutputStream pickle = new ByteArrayOutputStream();
        pickle.write(new byte[] {(byte) 0x80, 2});
        pickle.write(("c__torch__\n" + name + "\n)").getBytes(StandardCharsets.US_ASCII));
        pickle.write(0x81);
        pickle.write("}(X".getBytes(StandardCharsets.US_ASCII));
        byte[] field = "training".getBytes(StandardCharsets.US_ASCII);
        pickle.write(ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(field.length)
                .array());
        pickle.write(field);
        pickle.write(0x89);
        pickle.write("ub.".getBytes(StandardCharsets.US_ASCII));
        return pickle.toByteArray();
    }

    private static void put(ZipOutputStream zip, String name, byte[] content) throws IOException {
        ZipEntry entry = new ZipEntry(name);
        CRC32 crc = new CRC32();
        crc.update(content);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.length);
        entry.setCrc(crc.getValue());
        entry.setTime(0);
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
    }
}
