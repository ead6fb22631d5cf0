package dev.finetune.trainer.source;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;

/**
 * The tar layers of an image as one tree: a layer hides what layers below it call the same, and what it names by a whiteout (OCI image specification, "Image Layer Filesystem
 * Changeset"). Only what is wanted is unpacked, so the links of a base image do no harm; a wanted link is refused as in every archive.
 *
 * @param shown what messages call the image
 * @param files the lowest layer first
 */
record OciLayers(String shown, List<Path> files, UnpackLimits limits) {
    private static final String WHITEOUT = ".wh.";
    private static final String OPAQUE = ".wh..wh..opq";

    /** Whether there is a file below that folder. */
    boolean hold(String folder) {
        boolean[] found = new boolean[1];
        for (Path layer : files.reversed()) {
            each(layer, (name, entry, content) -> {
                found[0] = found[0] || (!entry.isDirectory() && name.startsWith(folder + "/"));
                return !found[0];
            });
        }
        return found[0];
    }

    /** Unpacks the wanted files, by their paths in the image, into a new folder. */
    void unpack(Path root, Predicate<String> wanted) throws IOException {
        long packed = 0;
        for (Path layer : files) {
            packed += Files.size(layer);
        }
        UnpackedFolder folder = new UnpackedFolder(shown, root, limits, packed);
        Set<String> hidden = new HashSet<>();
        for (Path layer : files.reversed()) {
            Set<String> hides = new HashSet<>();
            each(layer, (name, entry, content) -> {
                String file = name.substring(name.lastIndexOf('/') + 1);
                if (Arrays.asList(name.split("/")).contains("..") || name.startsWith("/")) {
                    throw folder.refused(name, "a path outside of the folder");
                } else if (file.equals(OPAQUE)) {
                    hides.add(parent(name));
                } else if (file.startsWith(WHITEOUT)) {
                    String below = parent(name);
                    hides.add((below.isEmpty() ? "" : below + "/") + file.substring(WHITEOUT.length()));
                } else if (!entry.isDirectory() && wanted.test(name) && !isHidden(name, hidden)) {
                    if (!TarStream.isPlainFile(entry)) {
                        throw folder.refused(name, "a link or device");
                    }
                    folder.file(name, content);
                    hides.add(name);
                }
                return true;
            });
            hidden.addAll(hides);
        }
    }

    private static boolean isHidden(String name, Set<String> hidden) {
        for (String at = name; ; at = parent(at)) {
            if (hidden.contains(at)) {
                return true;
            }
            if (at.isEmpty()) {
                return false;
            }
        }
    }

    private static String parent(String name) {
        int slash = name.lastIndexOf('/');
        return slash < 0 ? "" : name.substring(0, slash);
    }

    /** Looks at an entry; says whether to go on. */
    @FunctionalInterface
    private interface Visitor {
        boolean visit(String name, TarArchiveEntry entry, InputStream content) throws IOException;
    }

    private void each(Path layer, Visitor visitor) {
        try (TarArchiveInputStream tar = new TarArchiveInputStream(open(layer))) {
            boolean more = true;
            for (TarArchiveEntry e = tar.getNextEntry(); e != null && more; e = more ? tar.getNextEntry() : null) {
                String name = e.getName().replaceFirst("^(\\./)+", "").replaceFirst("/+$", "");
                more = name.isEmpty() || name.equals(".") || visitor.visit(name, e, tar);
            }
        } catch (IOException e) {
            throw new StageException(
                    FailureClass.InvalidData,
                    "Cannot unpack " + shown + ": layer " + layer.getFileName() + " is no tar, or a damaged one ("
                            + e.getMessage() + ").",
                    e);
        }
    }

    private InputStream open(Path layer) throws IOException {
        InputStream packed = new BufferedInputStream(Files.newInputStream(layer), 1 << 16);
        try {
            packed.mark(2);
            boolean isGzip = packed.read() == 0x1f && packed.read() == 0x8b;
            packed.reset();
            return new Bounded(
                    isGzip ? new GzipCompressorInputStream(packed, true) : packed, limits.most(Files.size(layer)));
        } catch (IOException | RuntimeException e) {
            packed.close();
            throw e;
        }
    }

    /** Ends a layer that unpacks to more than its size allows, whether or not its files are wanted. */
    private final class Bounded extends FilterInputStream {
        private long left;

        Bounded(InputStream in, long most) {
            super(in);
            this.left = most;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int from, int length) throws IOException {
            int n = super.read(bytes, from, length);
            count(n);
            return n;
        }

        @Override
        public long skip(long n) throws IOException {
            long skipped = super.skip(n);
            count(skipped);
            return skipped;
        }

        private void count(long n) {
            left -= Math.max(0, n);
            if (left < 0) {
                throw new StageException(
                        FailureClass.InvalidData,
                        "expected plain files and folders in " + shown + ", got a layer of more than "
                                + limits.ratio() + " times its packed size, or of more than " + limits.bytes()
                                + " bytes");
            }
        }
    }
}
