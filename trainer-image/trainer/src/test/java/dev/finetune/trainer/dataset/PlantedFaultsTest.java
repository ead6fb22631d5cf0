package dev.finetune.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.api.CheckAction;
import dev.finetune.api.Checks;
import dev.finetune.api.Columns;
import dev.finetune.api.DataFormat;
import dev.finetune.api.DataSource;
import dev.finetune.api.DataSplit;
import dev.finetune.api.DatasetSpec;
import dev.finetune.api.Task;
import dev.finetune.trainer.ColouredShapes;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Ellipse2D;
import java.awt.image.BufferedImage;
import java.awt.image.RescaleOp;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whole data sets of files in which copies are planted, exact ones and near ones of three kinds, each 5 % of train: which of them the checks find, and what else. Half as
 * many rows are no copies and yet alike: texts that share a half with another one, photos of one place with something else in front.
 */
class PlantedFaultsTest {
    private static final int KINDS = 4;
    private static final String[] LABELS = {"a", "b"};

    @TempDir
    private Path folder;

    @Test
    void copiesOfTextsWithinASource() throws IOException {
        PlantedTexts texts = new PlantedTexts(1, 15, 40);
        List<String> train = originals(texts, 1_000);
        List<List<String>> copies = textCopies(texts, train);

        Path file = csv(
                "train.csv",
                Stream.concat(train.stream(), copies.stream().flatMap(List::stream))
                        .toList());
        Dataset data =
                readTexts(file, csv("validation.csv", originals(texts, 50)), csv("test.csv", originals(texts, 50)));

        // The header is line 1.
        Set<String> left = ids(data.train());
        List<Set<String>> planted = new ArrayList<>();
        int line = 2 + train.size();
        for (List<String> kind : copies) {
            Set<String> ids = new HashSet<>();
            for (int i = 0; i < kind.size(); i++) {
                ids.add("train.csv:" + line++);
            }
            planted.add(ids);
        }
        Set<String> removed = new HashSet<>();
        for (int i = 2; i < line; i++) {
            removed.add("train.csv:" + i);
        }
        removed.removeAll(left);
        assertFound(data, removed, planted);
    }

    @Test
    void copiesOfTextsInTest() throws IOException {
        PlantedTexts texts = new PlantedTexts(2, 15, 40);
        List<String> train = originals(texts, 1_000);
        List<List<String>> copies = textCopies(texts, train);

        Dataset data = readTexts(
                csv("train.csv", train),
                csv("validation.csv", originals(texts, 50)),
                csv(
                        "test.csv",
                        Stream.concat(
                                        originals(texts, 200).stream(),
                                        copies.stream().flatMap(List::stream))
                                .toList()));

        Set<String> removed = new HashSet<>();
        for (int i = 0; i < train.size(); i++) {
            removed.add("train.csv:" + (2 + i));
        }
        removed.removeAll(ids(data.train()));
        assertFound(data, removed, sources(train.size(), "train.csv:%d", 2));
    }

    @Test
    void copiesOfImagesWithinASource() throws IOException {
        List<BufferedImage> train = pictures(0, 400);
        Path photos = images("train", train);
        List<Set<String>> planted = new ArrayList<>();
        for (List<byte[]> kind : imageCopies(train)) {
            Set<String> ids = new HashSet<>();
            for (int i = 0; i < kind.size(); i++) {
                // After all others: the first of several stays.
                String id = "train/z/%d-%d.png".formatted(planted.size(), i);
                ColouredShapes.put(folder.resolve(id), kind.get(i));
                ids.add(id);
            }
            planted.add(ids);
        }

        Set<String> all = files(photos);
        Dataset data =
                readImages(photos, images("validation", pictures(5_000, 40)), images("test", pictures(6_000, 40)));

        all.removeAll(ids(data.train()));
        assertFound(data, all, planted);
    }

    @Test
    void copiesOfImagesInTest() throws IOException {
        List<BufferedImage> train = pictures(0, 400);
        Path photos = images("train", train);
        Path test = images("test", pictures(6_000, 100));
        int next = 100;
        for (List<byte[]> kind : imageCopies(train)) {
            for (byte[] copy : kind) {
                ColouredShapes.put(folder.resolve(imageId("test", next++)), copy);
            }
        }

        Set<String> all = files(photos);
        Dataset data = readImages(photos, images("validation", pictures(5_000, 40)), test);

        all.removeAll(ids(data.train()));
        List<Set<String>> planted = new ArrayList<>();
        for (Set<String> kind : sources(train.size(), "%d", 0)) {
            planted.add(kind.stream()
                    .map(i -> imageId("train", Integer.parseInt(i)))
                    .collect(Collectors.toSet()));
        }
        assertFound(data, all, planted);
    }

    /** Of each kind of copies nine in ten are found, and of what is found nine in ten are copies; findings count just what was removed. */
    private static void assertFound(Dataset data, Set<String> removed, List<Set<String>> planted) {
        for (int kind = 0; kind < planted.size(); kind++) {
            Set<String> found = new HashSet<>(planted.get(kind));
            found.retainAll(removed);
            assertThat((double) found.size() / planted.get(kind).size())
                    .as("recall of kind %d", kind)
                    .isGreaterThanOrEqualTo(0.9);
        }
        Set<String> right = planted.stream().flatMap(Set::stream).collect(Collectors.toSet());
        right.retainAll(removed);
        assertThat((double) right.size() / removed.size()).as("precision").isGreaterThanOrEqualTo(0.9);
        assertThat(data.info().findings().stream()
                        .filter(finding -> finding.action() == CheckAction.Remove)
                        .mapToLong(finding -> Objects.requireNonNull(finding.count()))
                        .sum())
                .isEqualTo(removed.size());
    }

    /** The place of what the i-th copy of a kind is of: none is copied twice. */
    private static int source(int kind, int i, int originals) {
        return originals / KINDS * kind + 3 * i;
    }

    /** What the copies of each kind are of. */
    private static List<Set<String>> sources(int originals, String id, int first) {
        List<Set<String>> sources = new ArrayList<>();
        for (int kind = 0; kind < KINDS; kind++) {
            Set<String> ids = new HashSet<>();
            for (int i = 0; i < originals / 20; i++) {
                ids.add(id.formatted(first + source(kind, i, originals)));
            }
            sources.add(ids);
        }
        return sources;
    }

    // Texts

    /** Four in five that have nothing to do with each other, and one in five that shares a half with one of them. */
    private static List<String> originals(PlantedTexts texts, int count) {
        List<String> originals = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            originals.add(i % 5 == 4 ? texts.decoy(originals.get(i - 1)) : texts.fresh());
        }
        return originals;
    }

    /** Exact ones, but for case and space, which the key ignores; some words changed; other case, space and punctuation, and a signature; the halves exchanged. */
    private static List<List<String>> textCopies(PlantedTexts texts, List<String> originals) {
        List<List<String>> copies = new ArrayList<>();
        for (int kind = 0; kind < KINDS; kind++) {
            List<String> ofKind = new ArrayList<>();
            for (int i = 0; i < originals.size() / 20; i++) {
                String text = originals.get(source(kind, i, originals.size()));
                ofKind.add(
                        switch (kind) {
                            case 0 -> "  " + text.toUpperCase(Locale.ROOT).replace(" ", "   ");
                            case 1 -> text.length() < 150 ? texts.copy(text, 0) : texts.copy(texts.copy(text, 0), 0);
                            case 2 -> texts.copy(text, 1) + " - Kim, Oslo";
                            default -> exchanged(text);
                        });
            }
            copies.add(ofKind);
        }
        return copies;
    }

    private static String exchanged(String text) {
        int middle = text.indexOf(' ', text.length() / 2);
        return text.substring(middle + 1) + ". " + text.substring(0, middle);
    }

    private Path csv(String name, List<String> texts) throws IOException {
        List<String> lines = new ArrayList<>(List.of("text,label"));
        for (int i = 0; i < texts.size(); i++) {
            lines.add("\"" + texts.get(i).replace("\"", "\"\"") + "\"," + LABELS[i % 2]);
        }
        return Files.write(folder.resolve(name), lines);
    }

    private static Dataset readTexts(Path train, Path validation, Path test) {
        return Dataset.read(
                Task.TextClassification,
                spec(DataFormat.CSV, new Columns("text", "label")),
                new Dataset.Sources(named(train), Optional.of(named(validation)), Optional.of(named(test))));
    }

    // Images

    /** Four in five of their own, and one in five of the place of the one before, with something else in front. */
    private static List<BufferedImage> pictures(int first, int count) {
        List<BufferedImage> pictures = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int place = i % 5 == 4 ? i - 1 : i;
            pictures.add(picture(first + place, first + i));
        }
        return pictures;
    }

    /** Some sixty overlapping discs and bars of all sizes, as uneven as a photo, and one large thing in front of them. */
    private static BufferedImage picture(long place, long thing) {
        BufferedImage picture = new BufferedImage(200, 150, BufferedImage.TYPE_INT_RGB);
        Graphics2D pen = picture.createGraphics();
        pen.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        Random behind = new Random(place * 7919);
        for (int i = 0; i < 60; i++) {
            put(pen, behind, 8 + behind.nextInt(i < 10 ? 90 : 30));
        }
        Random before = new Random(thing * 104_729 + 1);
        pen.setColor(new Color(before.nextInt(256), before.nextInt(256), before.nextInt(256)));
        pen.fill(new Ellipse2D.Double(before.nextInt(100), before.nextInt(70), 100, 80));
        pen.dispose();
        return picture;
    }

    private static void put(Graphics2D pen, Random random, int size) {
        pen.setColor(new Color(random.nextInt(256), random.nextInt(256), random.nextInt(256)));
        int left = random.nextInt(200) - size / 2;
        int top = random.nextInt(150) - size / 2;
        if (random.nextBoolean()) {
            pen.fill(new Ellipse2D.Double(left, top, size, size * 0.7));
        } else {
            pen.fillRect(left, top, size, size / 2);
        }
    }

    /** The same pixels in another format; a JPEG of low quality; resized; cropped by 3 % of each side, or brighter. */
    private static List<List<byte[]>> imageCopies(List<BufferedImage> originals) throws IOException {
        List<List<byte[]>> copies = new ArrayList<>();
        for (int kind = 0; kind < KINDS; kind++) {
            List<byte[]> ofKind = new ArrayList<>();
            for (int i = 0; i < originals.size() / 20; i++) {
                BufferedImage image = originals.get(source(kind, i, originals.size()));
                ofKind.add(
                        switch (kind) {
                            case 0 -> ColouredShapes.encoded(image, "bmp");
                            case 1 -> jpeg(image, 0.3f);
                            case 2 -> ColouredShapes.encoded(resized(image, i % 2 == 0 ? 0.6 : 1.7), "png");
                            default ->
                                ColouredShapes.encoded(
                                        i % 2 == 0
                                                ? image.getSubimage(6, 4, 188, 142)
                                                : new RescaleOp(1.2f, 0, null).filter(image, null),
                                        "png");
                        });
            }
            copies.add(ofKind);
        }
        return copies;
    }

    private static byte[] jpeg(BufferedImage image, float quality) throws IOException {
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        ImageWriteParam how = writer.getDefaultWriteParam();
        how.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
        how.setCompressionQuality(quality);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (var out = ImageIO.createImageOutputStream(bytes)) {
            writer.setOutput(out);
            writer.write(null, new IIOImage(image, null, null), how);
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }

    private static BufferedImage resized(BufferedImage image, double factor) {
        int width = (int) (image.getWidth() * factor);
        int height = (int) (image.getHeight() * factor);
        BufferedImage resized = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D pen = resized.createGraphics();
        pen.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
        pen.drawImage(image, 0, 0, width, height, null);
        pen.dispose();
        return resized;
    }

    private Path images(String split, List<BufferedImage> pictures) throws IOException {
        for (int i = 0; i < pictures.size(); i++) {
            ColouredShapes.put(folder.resolve(imageId(split, i)), ColouredShapes.encoded(pictures.get(i), "png"));
        }
        return folder.resolve(split);
    }

    private static String imageId(String split, int i) {
        return "%s/%s/%05d.png".formatted(split, LABELS[i % 2], i);
    }

    private Set<String> files(Path split) throws IOException {
        try (Stream<Path> files = Files.walk(split)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> folder.relativize(file).toString())
                    .collect(Collectors.toCollection(HashSet::new));
        }
    }

    private static Dataset readImages(Path train, Path validation, Path test) {
        return Dataset.read(
                Task.ImageClassification,
                spec(DataFormat.ImageFolder, null),
                new Dataset.Sources(named(train), Optional.of(named(validation)), Optional.of(named(test))));
    }

    private static Dataset.NamedFile named(Path path) {
        return new Dataset.NamedFile(String.valueOf(path.getFileName()), path);
    }

    private static Set<String> ids(Collection<Example> examples) {
        return examples.stream().map(Example::id).collect(Collectors.toSet());
    }

    private static DatasetSpec spec(DataFormat format, Columns columns) {
        return new DatasetSpec(
                format,
                null,
                columns,
                new DataSource("file://train", null),
                new DataSplit("file://validation", null),
                new DataSplit("file://test", null),
                null,
                null,
                new Checks(null, null, CheckAction.Remove, CheckAction.Ignore, null, null, 1, null));
    }
}
