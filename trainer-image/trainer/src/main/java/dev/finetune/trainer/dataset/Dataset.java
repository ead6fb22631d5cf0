package dev.finetune.trainer.dataset;

import dev.finetune.api.Answer;
import dev.finetune.api.CheckAction;
import dev.finetune.api.DataSplit;
import dev.finetune.api.DatasetSpec;
import dev.finetune.api.FailureClass;
import dev.finetune.api.Finding;
import dev.finetune.api.Task;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.dataset.image.Fingerprint;
import dev.finetune.trainer.storage.DurableFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A checked and split data set, ready to be written. The order of the checks is fixed: decode, key, remove duplicates and near
 * duplicates within each source, split, leakage, near leakage, label set (design/judgement.md 1).
 */
public final class Dataset {
    private final Splits splits;
    private final DatasetInfo info;

    private Dataset(Splits splits, DatasetInfo info) {
        this.splits = splits;
        this.info = info;
    }

    /**
     * The files of a data set; validation and test are absent where they are a fraction of train. {@code scratch} is a folder for images
     * that lie inside of files, needed until the data set is written.
     */
    public record Sources(
            NamedFile train, Optional<NamedFile> validation, Optional<NamedFile> test, Optional<Path> scratch) {
        /** Those whose images, if they are any, are files of their own. */
        public Sources(NamedFile train, Optional<NamedFile> validation, Optional<NamedFile> test) {
            this(train, validation, test, Optional.empty());
        }
    }

    /** A file of this machine, and what ids and messages call it. */
    public record NamedFile(String name, Path path) {}

    /**
     * Reads, checks and splits.
     *
     * @throws StageException InvalidData or InvalidSpec, with file, row, column and what to do
     */
    public static Dataset read(Task task, DatasetSpec spec, Sources sources) {
        ReadSettings settings = ReadSettings.of(task, spec);
        CheckSettings checks = CheckSettings.of(spec.checks());
        double testFraction = fraction("test", spec.test());
        double validationFraction = fraction("validation", spec.validation());
        Findings findings = new Findings(Wording.of(task, settings.format()));
        // Of each image by its key: what it looks like is known only while it is read.
        Map<String, Fingerprint> looks = new HashMap<>();

        Reading reading = new Reading(settings, checks, findings, looks, sources.scratch());

        Checked source = reading.of(sources.train(), checks.nearDuplicates());
        Splits cut = new Splitter(testFraction, validationFraction, Splitter.seed(spec), source.near()::unit)
                .split(source.examples(), task.answer(), findings);
        Splits given = new Splits(
                cut.train(),
                sources.validation()
                        .map(f -> reading.of(f, checks.nearDuplicates()).examples())
                        .orElse(cut.validation()),
                sources.test()
                        .map(f -> reading.of(f, notRemoved(checks.nearDuplicates()))
                                .examples())
                        .orElse(cut.test()));
        Splits different = Leakage.check(given, checks.leakage(), findings);
        NearTexts near = sources.validation().isEmpty() && sources.test().isEmpty()
                ? source.near()
                : near(concat(different.train(), different.validation(), different.test()), checks, looks);
        Splits splits = Leakage.checkNear(different, near, checks.nearDuplicates(), findings);

        if (task.answer() != Answer.Number) {
            ClassChecks.checkSizes(
                    task.answer(),
                    concat(
                            splits.train(),
                            validationFraction > 0 ? splits.validation() : List.of(),
                            testFraction > 0 ? splits.test() : List.of()),
                    checks,
                    findings);
        }
        String removed = findings.removedBy("Leakage", "NearLeakage")
                .map(m -> " (Removed before: " + m + ")")
                .orElse("");
        refuseEmpty(splits, removed, findings.wording());
        List<String> labels = switch (task.answer()) {
            case Label, Labels -> {
                List<String> found = ClassChecks.labels(task.answer(), splits, removed, findings.wording());
                ClassChecks.checkRatio(task.answer(), splits.train(), checks, findings);
                yield found;
            }
            case Tags -> {
                List<String> found = TagChecks.tags(splits, removed, findings);
                ClassChecks.checkRatio(task.answer(), splits.train(), checks, findings);
                yield found;
            }
            case Number -> {
                NumberChecks.check(splits, findings);
                yield List.of(DatasetInfo.SCORE);
            }
        };
        return new Dataset(
                splits,
                new DatasetInfo(
                        Splitter.VERSION,
                        DataDigest.ofTraining(splits),
                        DataDigest.ofTest(splits.test()),
                        labels,
                        splits.train().size(),
                        splits.validation().size(),
                        splits.test().size(),
                        testFraction == 0,
                        findings.all()));
    }

    /** What is told about it. */
    public DatasetInfo info() {
        return info;
    }

    /** The training examples. */
    public List<Example> train() {
        return splits.train();
    }

    /** The examples that choose the best epoch. */
    public List<Example> validation() {
        return splits.validation();
    }

    /** The examples that the candidate is judged on. */
    public List<Example> test() {
        return splits.test();
    }

    /** The same data set with one more thing found. */
    public Dataset with(Finding finding) {
        List<Finding> findings = new ArrayList<>(info.findings());
        findings.add(finding);
        return with(info.datasetDigest(), findings);
    }

    /** The same data set to be learned from with synonyms of a file with that digest: other synonyms are another training. */
    public Dataset withThesaurus(String digest) {
        return with(DataDigest.withThesaurus(info.datasetDigest(), digest), info.findings());
    }

    private Dataset with(String datasetDigest, List<Finding> findings) {
        return new Dataset(
                splits,
                new DatasetInfo(
                        info.splitVersion(),
                        datasetDigest,
                        info.testDigest(),
                        info.labels(),
                        info.train(),
                        info.validation(),
                        info.test(),
                        info.testIndependent(),
                        List.copyOf(findings)));
    }

    /** Writes it into the workspace; {@code dataset.json} last, so that a folder without it is not a data set. */
    public void write(Workspace workspace) throws IOException {
        write(workspace.test(), "test", splits.test());
        write(workspace.train(), "train", splits.train());
        write(workspace.train(), "validation", splits.validation());
        TrainKeys.write(
                workspace.train().resolve(TrainKeys.FILE),
                Stream.concat(splits.train().stream(), splits.validation().stream()));
        DurableFiles.write(
                workspace.train().resolve("dataset.json"),
                dev.finetune.api.Json.write(info).getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    /** The examples of a split; images lie in a pack beside them. */
    private static void write(Path folder, String split, List<Example> examples) throws IOException {
        boolean images = !examples.isEmpty() && examples.getFirst().image() != null;
        ExampleFile.write(
                folder.resolve(split + ".jsonl"),
                images ? ImagePack.write(folder.resolve(split + ".images"), examples) : examples);
    }

    /** What a file gives after the checks of one source, and which of its texts are nearly the same. */
    private record Checked(List<Example> examples, NearTexts near) {}

    /** How the files of a data set are read, one source at a time. */
    private record Reading(
            ReadSettings settings,
            CheckSettings checks,
            Findings findings,
            Map<String, Fingerprint> looks,
            Optional<Path> scratch) {
        Checked of(NamedFile file, CheckAction nearDuplicates) {
            List<Example> all = settings.ofImages()
                    ? images(file).read(checks, findings, looks)
                    : new DataFile(file.name(), file.path()).read(settings, checks, findings);
            List<Example> different = Repeats.check(file.name(), all, checks, findings);
            NearTexts near = near(different, checks, looks);
            return new Checked(NearRepeats.check(file.name(), different, near, nearDuplicates, findings), near);
        }

        private ImageFiles images(NamedFile file) {
            return switch (settings.format()) {
                case ImageFolder -> ImageFolder.of(file);
                case Parquet, HuggingFace -> ParquetImages.of(file, settings, scratch.orElseThrow());
                default -> ImageList.of(file, settings);
            };
        }
    }

    private static NearTexts near(List<Example> examples, CheckSettings checks, Map<String, Fingerprint> looks) {
        return checks.nearDuplicates() == CheckAction.Ignore
                ? NearTexts.none()
                : looks.isEmpty() ? NearTexts.among(examples) : NearTexts.amongImages(examples, looks);
    }

    /** A given test set stays what others measure on. */
    private static CheckAction notRemoved(CheckAction action) {
        return action == CheckAction.Remove ? CheckAction.Warn : action;
    }

    @SafeVarargs
    private static List<Example> concat(List<Example>... parts) {
        return Stream.of(parts).flatMap(List::stream).toList();
    }

    private static void refuseEmpty(Splits splits, String removed, Wording wording) {
        String empty = splits.train().isEmpty()
                ? "train"
                : splits.validation().isEmpty() ? "validation" : splits.test().isEmpty() ? "test" : "";
        if (!empty.isEmpty()) {
            throw new StageException(
                    FailureClass.InvalidData,
                    "No example is left for " + empty
                            + " after the checks. Add " + wording.rows() + ", or give splits that do not hold the same "
                            + wording.input() + "s." + removed);
        }
    }

    private static double fraction(String split, @Nullable DataSplit spec) {
        String field = "spec.dataset." + split;
        if (spec == null || (spec.storageUri() == null) == (spec.fraction() == null)) {
            throw new StageException(
                    FailureClass.InvalidSpec, field + " needs exactly one of storageUri and fraction.");
        }
        if (spec.fraction() == null) {
            return 0;
        }
        double value;
        try {
            value = Double.parseDouble(spec.fraction());
        } catch (NumberFormatException e) {
            value = Double.NaN;
        }
        if (!(value > 0 && value < 1)) {
            throw new StageException(
                    FailureClass.InvalidSpec,
                    field + ".fraction is '" + spec.fraction()
                            + "': a number above 0 and below 1 was expected, such as \"0.1\".");
        }
        return value;
    }
}
