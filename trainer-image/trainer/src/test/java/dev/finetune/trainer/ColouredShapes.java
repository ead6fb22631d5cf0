package dev.finetune.trainer;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;

/** Small pictures that a tiny network can learn: a disc or a square somewhere before grey noise, whose colour is the label. */
public final class ColouredShapes {
    public static final List<String> COLOURS = List.of("blue", "green", "red");

    private static final List<String> FORMATS = List.of("png", "jpg", "bmp");

    private ColouredShapes() {}

    /** So many of each colour in folders of their names, as PNG, JPEG and BMP in turn; no two look alike. */
    public static void write(Path folder, int ofEach, long seed) throws IOException {
        for (String colour : COLOURS) {
            for (int i = 0; i < ofEach; i++) {
                String format = FORMATS.get(i % FORMATS.size());
                put(folder.resolve(colour).resolve("%04d.%s".formatted(i, format)), file(colour, seed + i, format));
            }
        }
    }

    /** Writes a file, and the folders above it. */
    public static Path put(Path file, byte[] bytes) throws IOException {
        Files.createDirectories(file.getParent());
        return Files.write(file, bytes);
    }

    /** The file of one picture. */
    public static byte[] file(String colour, long seed, String format) {
        return encoded(picture(colour, seed), format);
    }

    /** A picture as a file of that format. */
    public static byte[] encoded(BufferedImage picture, String format) {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            if (!ImageIO.write(picture, format, bytes)) {
                throw new IllegalArgumentException("no writer for " + format);
            }
            return bytes.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One picture, of 24 to 39 pixels either way. */
    public static BufferedImage picture(String colour, long seed) {
        Random random = new Random(seed * 31 + COLOURS.indexOf(colour));
        int width = 24 + random.nextInt(16);
        int height = 24 + random.nextInt(16);
        BufferedImage picture = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D pen = picture.createGraphics();
        for (int y = 0; y < height; y += 4) {
            for (int x = 0; x < width; x += 4) {
                int grey = 40 + random.nextInt(160);
                pen.setColor(new Color(grey, grey, grey));
                pen.fillRect(x, y, 4, 4);
            }
        }
        pen.setColor(
                switch (colour) {
                    case "red" -> new Color(230, 30, 20);
                    case "green" -> new Color(20, 200, 40);
                    case "blue" -> new Color(30, 40, 230);
                    default -> throw new IllegalArgumentException(colour);
                });
        int size = 12 + random.nextInt(6);
        int left = random.nextInt(width - size);
        int top = random.nextInt(height - size);
        if (random.nextBoolean()) {
            pen.fillOval(left, top, size, size);
        } else {
            pen.fillRect(left, top, size, size);
        }
        pen.dispose();
        return picture;
    }
}
