package dev.finetune.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.api.CheckAction;
import dev.finetune.api.Checks;
import dev.finetune.api.DataFormat;
import dev.finetune.api.DataSplit;
import dev.finetune.api.DatasetSpec;
import dev.finetune.api.FailureClass;
import dev.finetune.api.Finding;
import dev.finetune.api.Task;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.ColouredShapes;
import dev.finetune.trainer.dataset.image.ImageDecoder;
import dev.finetune.trainer.transform.Resample;
import dev.finetune.trainer.transform.Resizer;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images in class folders, good and bad, up to the files that the later stages read. */
class ImageFolderTest {
    @TempDir
    private Path folder;

    private Path photos;
    private CheckAction unreadable = CheckAction.Remove;
    private CheckAction nearDuplicates = CheckAction.Warn;
    private Optional<Path> test = Optional.empty();

    @BeforeEach
    void fewGoodOnes() throws IOException {
        photos = folder.resolve("photos");
        ColouredShapes.write(photos, 20, 1);
    }

    @Test
    void eachImageIsAnExampleWithItsFolderAsTheLabelAndItsPathAsTheId() {
        Dataset data = read();

        assertThat(data.info().labels()).isEqualTo(ColouredShapes.COLOURS);
        assertThat(data.info().train() + data.info().validation() + data.info().test())
                .isEqualTo(60);
        assertThat(data.info().findings()).isEmpty();
        assertThat(data.train()).allSatisfy(e -> {
            assertThat(e.id()).startsWith("photos/" + e.label() + "/");
            assertThat(e.key()).matches("[0-9a-f]{16}");
        });
    }

    @Test
    void whatIsWrittenIsReadBackByteForByte() throws IOException {
        Workspace workspace = new Workspace(folder.resolve("workspace"));
        Dataset data = read();
        data.write(workspace);

        List<Example> stored = ExampleFile.read(workspace.train().resolve("train.jsonl"));
        assertThat(stored).hasSameSizeAs(data.train());
        for (int i = 0; i < stored.size(); i++) {
            assertThat(stored.get(i).image().read())
                    .isEqualTo(data.train().get(i).image().read());
            assertThat(stored.get(i).key()).isEqualTo(data.train().get(i).key());
        }
        assertThat(Files.readString(workspace.train().resolve("train.jsonl")))
                .contains("\"file\":\"train.images\"")
                .doesNotContain(folder.toString());
    }

    @Test
    void whatCannotBeDecodedIsToldWithItsPathAndLeftOut() throws IOException {
        byte[] good = ColouredShapes.file("red", 900, "jpg");
        put("red/cut.jpg", Arrays.copyOf(good, good.length / 2));
        put("red/text.png", "no image".getBytes(StandardCharsets.UTF_8));
        put("blue/enormous.png", pngHeader(60_000, 60_000));

        Finding finding = finding(read(), "Unreadable");

        assertThat(finding.action()).isEqualTo(CheckAction.Remove);
        assertThat(finding.count()).isEqualTo(3);
        assertThat(finding.message())
                .contains("photos: 3 of 63 files", "red/cut.jpg: ", "red/text.png: ", "of no known image format")
                .contains("blue/enormous.png: it has 60000 x 60000 pixels");
    }

    @Test
    void whatCannotBeDecodedEndsTheJobUnlessItMayBeRemoved() throws IOException {
        unreadable = CheckAction.Fail;
        put("red/text.png", "no image".getBytes(StandardCharsets.UTF_8));

        assertThatThrownBy(this::read)
                .isInstanceOfSatisfying(
                        StageException.class, e -> assertThat(e.failure()).isEqualTo(FailureClass.InvalidData))
                .hasMessageContaining("red/text.png");
    }

    @Test
    void emptyFilesAndFilesThatAreNoImagesByNameAreLeftOut() throws IOException {
        unreadable = CheckAction.Fail;
        put("red/empty.jpg", new byte[0]);
        put("red/LICENSE", "free".getBytes(StandardCharsets.UTF_8));
        put("green/labels.csv", "a,b".getBytes(StandardCharsets.UTF_8));
        put("blue/no-extension", ColouredShapes.file("blue", 901, "png"));
        put("README.md", "beside the classes".getBytes(StandardCharsets.UTF_8));

        Dataset data = read();

        assertThat(finding(data, "Empty").message()).contains("red/empty.jpg");
        assertThat(finding(data, "OtherFiles").message()).contains("red/LICENSE", "green/labels.csv");
        assertThat(data.info().train() + data.info().validation() + data.info().test())
                .isEqualTo(61);
    }

    @Test
    void theSamePixelsInAnotherFileAreADuplicateWhateverTheFormat() throws IOException {
        BufferedImage picture = ColouredShapes.picture("red", 902);
        put("red/a.png", ColouredShapes.encoded(picture, "png"));
        put("red/b.bmp", ColouredShapes.encoded(picture, "bmp"));
        put("blue/c.png", ColouredShapes.encoded(picture, "png"));

        Dataset data = read();

        assertThat(finding(data, "Duplicates").message())
                .contains("2 files repeat an earlier image", "photos/red/b.bmp (as photos/blue/c.png)");
        assertThat(finding(data, "ConflictingLabels").message()).contains("1 images occur with different labels");
    }

    @Test
    void aPictureThatWasResizedIsANearDuplicate() throws Exception {
        byte[] original = ColouredShapes.file("red", 903, "png");
        put("red/original.png", original);
        put("red/resized.bmp", enlarged(original));

        assertThat(finding(read(), "NearDuplicates").message())
                .contains(
                        "1 files nearly repeat an earlier image",
                        "red/resized.bmp (as ",
                        "red/original.png",
                        "% alike");
        nearDuplicates = CheckAction.Remove;
        Dataset removed = read();
        assertThat(removed.info().train()
                        + removed.info().validation()
                        + removed.info().test())
                .isEqualTo(61);
    }

    @Test
    void aTestImageThatIsNearlyInTrainLeaks() throws Exception {
        byte[] original = ColouredShapes.file("red", 904, "png");
        byte[] same = ColouredShapes.file("blue", 905, "png");
        put("red/original.png", original);
        put("blue/same.png", same);
        Path given = folder.resolve("given");
        ColouredShapes.write(given, 10, 700);
        ColouredShapes.put(given.resolve("red/copy.bmp"), enlarged(original));
        ColouredShapes.put(given.resolve("blue/copy.png"), same);
        test = Optional.of(given);

        Dataset data = read();

        assertThat(finding(data, "Leakage").message()).contains("photos/blue/same.png (as given/blue/copy.png)");
        assertThat(finding(data, "NearLeakage").message()).contains("nearly repeat an image of another split");
        assertThat(data.info().test()).isEqualTo(32);
    }

    @Test
    void aClassThatTrainLacksIsRefused() throws IOException {
        Path given = folder.resolve("given");
        ColouredShapes.write(given, 10, 700);
        ColouredShapes.put(given.resolve("yellow/1.png"), ColouredShapes.file("red", 906, "png"));
        test = Optional.of(given);

        assertThatThrownBy(this::read).hasMessageContainingAll("test has labels that train lacks", "yellow");
    }

    @Test
    void imagesWithoutClassFoldersAreRefused() throws IOException {
        photos = folder.resolve("flat");
        ColouredShapes.put(photos.resolve("1.png"), ColouredShapes.file("red", 1, "png"));

        assertThatThrownBy(this::read).hasMessageContainingAll("no class folders", "positive/1.jpg");
    }

    @Test
    void foldersOfSplitsAreNotTakenForClasses() throws IOException {
        photos = folder.resolve("splits");
        ColouredShapes.write(photos.resolve("train"), 6, 1);
        ColouredShapes.write(photos.resolve("val"), 6, 100);

        assertThatThrownBy(this::read)
                .hasMessageContainingAll("folders train, val", "splits and not classes", "validation.storageUri");
    }

    @Test
    void aSingleClassIsRefusedByTheClassFolders() throws IOException {
        photos = folder.resolve("one");
        for (int i = 0; i < 20; i++) {
            ColouredShapes.put(photos.resolve("red/" + i + ".png"), ColouredShapes.file("red", i, "png"));
        }

        assertThatThrownBy(this::read).hasMessageContainingAll("only the label 'red'", "Check the class folders");
    }

    @Test
    void aFolderWithoutAnyImageIsRefused() throws IOException {
        photos = folder.resolve("none");
        ColouredShapes.put(photos.resolve("a/1.jpg"), "x".getBytes(StandardCharsets.UTF_8));
        ColouredShapes.put(photos.resolve("b/1.jpg"), "y".getBytes(StandardCharsets.UTF_8));

        assertThatThrownBy(this::read)
                .hasMessageContainingAll("no image that can be read among its 2 files", "a/1.jpg");
    }

    @Test
    void theSplitStaysWhenAnImageIsAdded() throws IOException {
        List<String> before = read().test().stream().map(Example::key).toList();
        put("red/new.png", ColouredShapes.file("red", 907, "png"));

        assertThat(read().test().stream().map(Example::key)).containsAll(before);
    }

    private void put(String name, byte[] bytes) throws IOException {
        ColouredShapes.put(photos.resolve(name), bytes);
    }

    private static byte[] enlarged(byte[] file) throws Exception {
        var large = Resizer.resize(ImageDecoder.decode(file), 90, 80, Resample.Bicubic);
        BufferedImage picture = new BufferedImage(90, 80, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < 80; y++) {
            for (int x = 0; x < 90; x++) {
                picture.setRGB(x, y, large.at(x, y, 0) << 16 | large.at(x, y, 1) << 8 | large.at(x, y, 2));
            }
        }
        return ColouredShapes.encoded(picture, "bmp");
    }

    /** A PNG whose header claims that size; no reader gets further. */
    private static byte[] pngHeader(int width, int height) {
        ByteBuffer chunk = ByteBuffer.allocate(17)
                .put("IHDR".getBytes(StandardCharsets.US_ASCII))
                .putInt(width)
                .putInt(height)
                .put(new byte[] {8, 2, 0, 0, 0});
        CRC32 crc = new CRC32();
        crc.update(chunk.array());
        return ByteBuffer.allocate(33)
                .put(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'})
                .putInt(13)
                .put(chunk.array())
                .putInt((int) crc.getValue())
                .array();
    }

    private static Finding finding(Dataset data, String check) {
        return data.info().findings().stream()
                .filter(f -> f.check().equals(check))
                .findFirst()
                .orElseThrow(() -> new AssertionError(
                        "no " + check + " among " + data.info().findings()));
    }

    private Dataset read() {
        DatasetSpec spec = new DatasetSpec(
                DataFormat.ImageFolder,
                null,
                null,
                null,
                new DataSplit(null, "0.2"),
                test.isPresent() ? new DataSplit("file:given", null) : new DataSplit(null, "0.2"),
                null,
                null,
                new Checks(null, null, nearDuplicates, null, unreadable, null, null, null));
        return Dataset.read(
                Task.ImageClassification,
                spec,
                new Dataset.Sources(
                        new Dataset.NamedFile(photos.getFileName().toString(), photos),
                        Optional.empty(),
                        test.map(given -> new Dataset.NamedFile("given", given))));
    }
}
