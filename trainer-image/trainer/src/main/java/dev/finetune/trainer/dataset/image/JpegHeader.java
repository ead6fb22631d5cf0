package dev.finetune.trainer.dataset.image;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * What the segments before a JPEG's first scan say.
 *
 * @param colours what the components mean, by libjpeg's rules
 * @param orientation of the first EXIF block that can be read
 * @param profiles where the second bytes of the markers of colour profiles (APP2) stand
 */
record JpegHeader(
        int width,
        int height,
        int components,
        Colours colours,
        boolean progressive,
        Orientation orientation,
        List<Integer> profiles) {
    /** What the components mean. */
    enum Colours {
        GREY,
        RGB,
        YCC,
        CMYK,
        YCCK
    }

    /** A scan costs as much as an image; an honest progressive file has about ten. */
    private static final int MAX_SCANS = 200;

    private static final int START_OF_SCAN = 0xda;

    static JpegHeader read(byte[] bytes) throws UnreadableImageException {
        return new Reader(ByteBuffer.wrap(bytes)).read();
    }

    private static final class Reader {
        private final ByteBuffer bytes;
        private boolean jfif;
        private int adobe = -1;
        private int exif = -1;
        private int frame = -1;
        private final List<Integer> profiles = new ArrayList<>();

        Reader(ByteBuffer bytes) {
            this.bytes = bytes;
        }

        JpegHeader read() throws UnreadableImageException {
            int at = 2;
            int marker = 0;
            while (marker != START_OF_SCAN) {
                while (byteAt(at) != 0xff) {
                    at++;
                }
                while (byteAt(at) == 0xff) {
                    at++;
                }
                marker = byteAt(at++);
                boolean alone = marker <= 1 || (marker >= 0xd0 && marker <= 0xd8);
                if (marker == 0xd9) {
                    throw new UnreadableImageException("it is a JPEG file without an image");
                }
                if (!alone) {
                    segment(marker, at);
                    at += bytes.getShort(at) & 0xffff;
                }
            }
            countScans(at);
            return header();
        }

        private void segment(int marker, int at) throws UnreadableImageException {
            boolean isFrame = marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
            if (isFrame && marker > 0xc2) {
                throw new UnreadableImageException(
                        "it is a JPEG file of a rare kind (SOF%d: lossless, hierarchical or arithmetic); convert it"
                                .formatted(marker - 0xc0));
            }
            if (isFrame && frame < 0) {
                frame = at;
            } else if (marker == 0xe0 && text(at + 2, "JFIF\0")) {
                jfif = true;
            } else if (marker == 0xe1 && exif < 0 && text(at + 2, "Exif\0")) {
                exif = at;
            } else if (marker == 0xe2) {
                profiles.add(at - 1);
            } else if (marker == 0xee && text(at + 2, "Adobe")) {
                adobe = byteAt(at + 13);
            }
        }

        private void countScans(int from) throws UnreadableImageException {
            int scans = 1;
            for (int i = from; i + 1 < bytes.limit(); i++) {
                if (bytes.get(i) == (byte) 0xff && bytes.get(i + 1) == (byte) START_OF_SCAN && ++scans > MAX_SCANS) {
                    throw new UnreadableImageException(
                            "it has more than %d scans: a file made to keep a decoder busy".formatted(MAX_SCANS));
                }
            }
        }

        private JpegHeader header() throws UnreadableImageException {
            if (frame < 0) {
                throw new UnreadableImageException("it is a JPEG file without a frame header; it is damaged");
            }
            int components = byteAt(frame + 7);
            if (byteAt(frame + 2) != 8) {
                throw new UnreadableImageException(
                        "its samples have %d bits, and 8 were expected; convert it".formatted(byteAt(frame + 2)));
            }
            Colours colours = switch (components) {
                case 1 -> Colours.GREY;
                case 3 -> ycc() ? Colours.YCC : Colours.RGB;
                case 4 -> adobe == 2 ? Colours.YCCK : Colours.CMYK;
                default ->
                    throw new UnreadableImageException(
                            "it has %d colour components, and 1, 3 or 4 were expected".formatted(components));
            };
            return new JpegHeader(
                    bytes.getShort(frame + 5) & 0xffff,
                    bytes.getShort(frame + 3) & 0xffff,
                    components,
                    colours,
                    byteAt(frame - 1) == 0xc2,
                    exif < 0 ? Orientation.UPRIGHT : Orientation.ofExif(exifBlock()),
                    List.copyOf(profiles));
        }

        private boolean ycc() {
            if (jfif) {
                return true;
            }
            if (adobe >= 0) {
                return adobe != 0;
            }
            return !(byteAt(frame + 8) == 'R' && byteAt(frame + 11) == 'G' && byteAt(frame + 14) == 'B');
        }

        private ByteBuffer exifBlock() {
            int length = bytes.getShort(exif) & 0xffff;
            int from = Math.min(bytes.limit(), exif + 8);
            return bytes.slice(from, Math.max(0, Math.min(bytes.limit(), exif + length) - from));
        }

        private int byteAt(int at) {
            return bytes.get(at) & 0xff;
        }

        private boolean text(int at, String expected) {
            for (int i = 0; i < expected.length(); i++) {
                if (byteAt(at + i) != expected.charAt(i)) {
                    return false;
                }
            }
            return true;
        }
    }
}
