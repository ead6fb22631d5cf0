package dev.finetune.trainer.source;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import org.apache.commons.compress.archivers.tar.TarUtils;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;

/**
 * A file of data that may be packed: gzip, zip, tar, or a tar in gzip, told by its bytes and not by its name. What comes out of an
 * archive is checked again by whoever reads it; here nothing leaves the folder and nothing fills the disk.
 */
record Archive(String name, Path file, UnpackLimits limits) {
    private static final int TAR_HEADER = 512;

    /** Whether it is of a kind that is unpacked. */
    static boolean isPacked(Path file) throws IOException {
        byte[] start = start(Files.newInputStream(file));
        return isZip(start) || isGzip(start) || isTar(start);
    }

    /** The file where it is not packed, otherwise the new {@code folder} that holds what was in it. */
    Path unpacked(Path folder) {
        try {
            byte[] start = start(Files.newInputStream(file));
            if (isZip(start)) {
                unzip(folder);
            } else if (isGzip(start)) {
                gunzip(folder);
            } else if (isTar(start)) {
                TarStream.into(folder(folder), Files.newInputStream(file));
            } else {
                return file;
            }
            return folder;
        } catch (IOException e) {
            throw new StageException(
                    FailureClass.InvalidData,
                    "Cannot unpack " + name + ": it is damaged or of a kind that is not known ("
                            + (e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage())
                            + "). Pack it again as gzip, zip or tar, or give the plain file.",
                    e);
        }
    }

    private void gunzip(Path folder) throws IOException {
        if (isTar(start(plain()))) {
            TarStream.into(folder(folder), plain());
            return;
        }
        try (InputStream in = plain()) {
            folder(folder).file(name.replaceFirst("(?i)\\.gz(ip)?$", ""), in);
        }
    }

    private InputStream plain() throws IOException {
        InputStream packed = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
        try {
            return new GzipCompressorInputStream(packed, true);
        } catch (IOException e) {
            packed.close();
            throw e;
        }
    }

    private void unzip(Path folder) throws IOException {
        UnpackedFolder unpacked = folder(folder);
        try (ZipFile zip = ZipFile.builder().setPath(file).get()) {
            for (Enumeration<ZipArchiveEntry> all = zip.getEntriesInPhysicalOrder(); all.hasMoreElements(); ) {
                ZipArchiveEntry entry = all.nextElement();
                if (entry.isUnixSymlink()) {
                    throw unpacked.refused(entry.getName(), "a link or device");
                } else if (entry.isDirectory()) {
                    unpacked.folder(entry.getName());
                } else if (!zip.canReadEntryData(entry)) {
                    throw unpacked.refused(
                            entry.getName(),
                            entry.getGeneralPurposeBit().usesEncryption()
                                    ? "an encrypted file"
                                    : "a file in a compression method that is not known");
                } else {
                    try (InputStream in = zip.getInputStream(entry)) {
                        unpacked.file(entry.getName(), in);
                    }
                }
            }
        }
        unpacked.unpacked();
    }

    private UnpackedFolder folder(Path folder) throws IOException {
        return new UnpackedFolder(name, folder, limits, Files.size(file));
    }

    private static byte[] start(InputStream in) throws IOException {
        try (in) {
            return in.readNBytes(TAR_HEADER);
        }
    }

    private static boolean isZip(byte[] start) {
        // The last two: a zip without an entry, and one whose parts were joined.
        return startsWith(start, 'P', 'K', 3, 4)
                || startsWith(start, 'P', 'K', 5, 6)
                || startsWith(start, 'P', 'K', 7, 8);
    }

    private static boolean isGzip(byte[] start) {
        return startsWith(start, 0x1f, 0x8b);
    }

    /** By the header's checksum, which the oldest tars have as well. */
    private static boolean isTar(byte[] start) {
        return start.length == TAR_HEADER && start[0] != 0 && isChecked(start);
    }

    private static boolean isChecked(byte[] header) {
        try {
            return TarUtils.verifyCheckSum(header);
        } catch (IllegalArgumentException e) {
            // What stands where the checksum should is no number.
            return false;
        }
    }

    private static boolean startsWith(byte[] bytes, int... magic) {
        for (int i = 0; i < magic.length; i++) {
            if (i >= bytes.length || (bytes[i] & 0xff) != magic[i]) {
                return false;
            }
        }
        return true;
    }
}
