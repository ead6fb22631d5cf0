package dev.finetune.api;

import java.math.BigDecimal;
import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What {@code spec.dataset} must hold. */
final class DatasetRules {
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,4}");

    private DatasetRules() {}

    static void check(Field field, @Nullable DatasetSpec dataset, @Nullable Task task, Set<StorageUri.Scheme> schemes) {
        if (!field.required(dataset) || dataset == null) {
            return;
        }
        field.at("format").required(dataset.format());
        field.at("format")
                .that(
                        task == null
                                || task.answer() != Answer.Tags
                                || dataset.format() == null
                                || dataset.format().hasWords(),
                        "is JSONLines, Parquet, HuggingFace or CoNLL for task TokenClassification, whose columns are lists, found "
                                + dataset.format());
        field.at("format")
                .that(
                        dataset.format() != DataFormat.CoNLL || task == null || task.answer() == Answer.Tags,
                        "CoNLL is only for task TokenClassification: change format or task");
        if (dataset.format() == DataFormat.HuggingFace) {
            split(
                    field.at("train.storageUri"),
                    dataset.train() == null ? null : dataset.train().storageUri());
            split(
                    field.at("validation.storageUri"),
                    dataset.validation() == null ? null : dataset.validation().storageUri());
            split(
                    field.at("test.storageUri"),
                    dataset.test() == null ? null : dataset.test().storageUri());
        }
        csv(field.at("csv"), dataset.csv(), dataset.format(), task);
        columns(field.at("columns"), dataset, task);
        images(field, dataset, task);
        if (field.at("train").required(dataset.train()) && dataset.train() != null) {
            Field uri = field.at("train").at("storageUri");
            uri.required(dataset.train().storageUri());
            uri.file(dataset.train().storageUri(), schemes);
            field.at("train.secretRef")
                    .secret(dataset.train().secretRef(), dataset.train().storageUri());
        }
        split(field.at("validation"), dataset.validation(), schemes);
        split(field.at("test"), dataset.test(), schemes);
        fractions(field, dataset.validation(), dataset.test());
        Preprocessing preprocessing = dataset.preprocessing();
        if (preprocessing != null && preprocessing.text() != null) {
            field.at("preprocessing.text.maxLength")
                    .between(preprocessing.text().maxLength(), 3, 8192);
        }
        if (preprocessing != null && preprocessing.image() != null) {
            ImageRules.check(field.at("preprocessing.image"), preprocessing.image());
        }
        List<Augmentation> augmentation = dataset.augmentation();
        if (augmentation != null) {
            field.at("augmentation")
                    .that(
                            task == null || task.answer() != Answer.Tags,
                            "is not for task TokenClassification, whose tags belong to the words as they stand: remove it");
            List<AugmentationType> mixing = augmentation.stream()
                    .map(Augmentation::type)
                    .filter(type -> type != null && type.mixes())
                    .toList();
            field.at("augmentation")
                    .that(
                            mixing.stream().distinct().count() == mixing.size(),
                            "Mixup and CutMix may each stand once: remove the second");
            for (int i = 0; i < augmentation.size(); i++) {
                AugmentationType type = augmentation.get(i).type();
                field.at("augmentation", i)
                        .at("type")
                        .that(
                                task == null || type == null || type.ofTexts() != task.ofImages(),
                                type + " is for " + (type != null && type.ofTexts() ? "texts" : "images")
                                        + ", found task " + task + ": remove it");
                AugmentationRules.check(field.at("augmentation", i), augmentation.get(i));
            }
        }
        thesaurus(field.at("thesaurus"), dataset, schemes);
        field.at("imbalance")
                .that(
                        dataset.imbalance() == null
                                || dataset.imbalance() == Imbalance.None
                                || task == null
                                || task.answer() == Answer.Label,
                        "is for tasks with one label each, TextClassification, TextPairClassification and ImageClassification, found task "
                                + task + ": remove it");
        Checks checks = dataset.checks();
        if (checks != null) {
            field.at("checks.minExamplesPerClass").between(checks.minExamplesPerClass(), 1, 1_000_000);
            field.at("checks.maxClassRatio").between(checks.maxClassRatio(), 1, 1_000_000);
            field.at("checks.suspectedLabels")
                    .that(
                            checks.suspectedLabels() == null || task == null || task.answer() == Answer.Label,
                            "is for tasks with one label each, TextClassification, TextPairClassification and ImageClassification, found task "
                                    + task + ": remove it");
        }
    }

    /** One file, where it is asked for a synonym. */
    private static void thesaurus(Field field, DatasetSpec dataset, Set<StorageUri.Scheme> schemes) {
        DataSource thesaurus = dataset.thesaurus();
        if (thesaurus == null) {
            return;
        }
        field.that(
                dataset.augmentation() != null
                        && dataset.augmentation().stream()
                                .anyMatch(a -> a.type() != null && a.type().takesSynonyms()),
                "is for SynonymReplacement and RandomInsertion: list one of them in augmentation, or remove it");
        Field uri = field.at("storageUri");
        uri.required(thesaurus.storageUri());
        uri.file(thesaurus.storageUri(), schemes);
        field.at("secretRef").secret(thesaurus.secretRef(), thesaurus.storageUri());
    }

    /** What goes with images alone, and what does not. */
    private static void images(Field field, DatasetSpec dataset, @Nullable Task task) {
        if (task == null) {
            return;
        }
        DataFormat format = dataset.format();
        field.at("format")
                .that(
                        task.ofImages() || format != DataFormat.ImageFolder,
                        "ImageFolder goes with task ImageClassification, and with no other, found task " + task);
        field.at("format")
                .that(
                        !task.ofImages() || format == null || format.holdsImages(),
                        "must be ImageFolder, Parquet, HuggingFace, CSV, TSV or JSONLines for task ImageClassification, found "
                                + format);
        Preprocessing preprocessing = dataset.preprocessing();
        if (preprocessing != null) {
            field.at("preprocessing.text")
                    .that(
                            preprocessing.text() == null || !task.ofImages(),
                            "is for texts, and task " + task + " is about images: remove it");
            field.at("preprocessing.image")
                    .that(
                            preprocessing.image() == null || task.ofImages(),
                            "is for task ImageClassification, found task " + task + ": remove it");
        }
    }

    private static void split(Field field, @Nullable String uri) {
        field.that(
                uri == null || uri.startsWith("hf:"),
                "must be hf://owner/name/split for format HuggingFace, found \"" + uri + "\"");
    }

    private static void csv(Field field, @Nullable CsvDialect csv, @Nullable DataFormat format, @Nullable Task task) {
        if (csv == null) {
            return;
        }
        field.that(
                format == DataFormat.CSV || format == DataFormat.TSV,
                "is only for format CSV and TSV, found " + format + ": remove it or change format");
        String delimiter = csv.delimiter();
        String quote = csv.quote();
        field.at("delimiter").that(delimiter == null || delimiter.length() == 1, "must be one character");
        field.at("quote")
                .that(
                        quote == null || quote.equals("None") || (quote.length() == 1 && !quote.isBlank()),
                        "must be one character that is not white space, or None, found \"" + quote + "\"");
        field.that(delimiter == null || !delimiter.equals(quote), "delimiter and quote must be different characters");
        field.at("labelSeparator").length(csv.labelSeparator(), 1, 8);
        field.at("labelSeparator")
                .that(
                        csv.labelSeparator() == null || task == null || task.answer() == Answer.Labels,
                        "is only for task MultiLabelTextClassification: remove it");
        if (csv.encoding() != null) {
            field.at("encoding")
                    .that(
                            isSupported(csv.encoding()),
                            "is not a character set that is known here, such as UTF-8 or windows-1252, found \""
                                    + csv.encoding() + "\"");
        }
    }

    private static boolean isSupported(String encoding) {
        try {
            return Charset.isSupported(encoding);
        } catch (IllegalCharsetNameException e) {
            return false;
        }
    }

    private static void columns(Field field, DatasetSpec dataset, @Nullable Task task) {
        DataFormat format = dataset.format();
        Columns columns = dataset.columns();
        CsvDialect csv = dataset.csv();
        boolean pairs = task != null && task.needsPair();
        boolean several = task != null && task.answer() == Answer.Labels;
        if (format != null && !format.hasColumns()) {
            field.that(columns == null, "is not for format " + format + ", whose folders are the labels: remove it");
            field.that(!pairs, "textPair is required for task " + task + ", and format " + format + " has no columns");
            field.that(!several, "labels is required for task " + task + ", and format " + format + " has no columns");
            field.that(
                    task == null || task.answer() != Answer.Tags,
                    "tokens and tags are required for task " + task + ", and format " + format + " has no columns");
            return;
        }
        if (!field.required(columns) || columns == null) {
            return;
        }
        if (task != null && task.answer() == Answer.Tags) {
            words(field, columns, format == DataFormat.CoNLL);
            return;
        }
        boolean numbers = csv != null && Boolean.FALSE.equals(csv.header());
        boolean images = task != null && task.ofImages();
        column(field.at(images ? "image" : "text"), images ? columns.image() : columns.text(), numbers);
        field.at("text")
                .that(!images || columns.text() == null, "is for texts: remove it, image names the column of images");
        field.at("image")
                .that(
                        task == null || images || columns.image() == null,
                        "is only for task ImageClassification: remove it");
        different(field, "image", columns.image(), "label", columns.label());
        for (var only : List.of(new Column("tokens", columns.tokens()), new Column("tags", columns.tags()))) {
            field.at(only.role).that(only.name == null, "is only for task TokenClassification: remove it");
        }
        answer(field, columns, task, numbers);
        boolean mayHavePair = task == null || task.mayHavePair();
        if (pairs || (mayHavePair && columns.textPair() != null)) {
            column(field.at("textPair"), columns.textPair(), numbers);
        }
        field.at("textPair")
                .that(
                        mayHavePair || columns.textPair() == null,
                        "is only for tasks TextPairClassification and TextRegression: remove it");
        different(field, "text", columns.text(), "label", columns.label());
        different(field, "text", columns.text(), "textPair", columns.textPair());
        different(field, "textPair", columns.textPair(), "label", columns.label());
    }

    private record Column(String role, @Nullable String name) {}

    /** Words and their tags, in formats that have lists. */
    private static void words(Field field, Columns columns, boolean numbers) {
        column(field.at("tokens"), columns.tokens(), numbers);
        column(field.at("tags"), columns.tags(), numbers);
        different(field, "tokens", columns.tokens(), "tags", columns.tags());
        for (var other : List.of(
                new Column("text", columns.text()),
                new Column("textPair", columns.textPair()),
                new Column("label", columns.label()),
                new Column("labels", columns.labels()),
                new Column("image", columns.image()))) {
            field.at(other.role)
                    .that(other.name == null, "is for other tasks: remove it, tokens and tags name the columns");
        }
    }

    /** One column for one label, another for several: neither is taken for the other. */
    private static void answer(Field field, Columns columns, @Nullable Task task, boolean numbers) {
        boolean several = task == null ? columns.labels() != null : task.answer() == Answer.Labels;
        if (several) {
            column(field.at("labels"), columns.labels(), numbers);
            field.at("label")
                    .that(
                            columns.label() == null,
                            "is for tasks with one label a text: remove it, labels names the column of several");
            different(field, "text", columns.text(), "labels", columns.labels());
        } else {
            column(field.at("label"), columns.label(), numbers);
            field.at("labels")
                    .that(columns.labels() == null, "is only for task MultiLabelTextClassification: remove it");
        }
    }

    private static void different(
            Field field, String role, @Nullable String column, String otherRole, @Nullable String other) {
        field.that(
                column == null || !column.equals(other),
                role + " and " + otherRole + " must be different columns, found \"" + column + "\" for both");
    }

    private static void column(Field field, @Nullable String column, boolean number) {
        if (!field.required(column)) {
            return;
        }
        field.length(column, 1, 256);
        field.that(
                !number || column == null || NUMBER.matcher(column).matches(),
                "is a zero-based number where csv.header is false and for format CoNLL, found \"" + column + "\"");
    }

    private static void split(Field field, @Nullable DataSplit split, Set<StorageUri.Scheme> schemes) {
        if (!field.required(split) || split == null) {
            return;
        }
        field.that(
                (split.storageUri() == null) != (split.fraction() == null),
                "exactly one of storageUri and fraction must be set");
        field.at("storageUri").file(split.storageUri(), schemes);
        field.at("secretRef").secret(split.secretRef(), split.storageUri());
        field.at("fraction")
                .decimal(
                        split.fraction(),
                        f -> f.signum() > 0 && f.compareTo(BigDecimal.ONE) < 0,
                        "a decimal above 0 and below 1, such as \"0.1\"");
    }

    /** Both fractions are of train's rows: something must be left to train on. */
    private static void fractions(Field field, @Nullable DataSplit validation, @Nullable DataSplit test) {
        BigDecimal taken = taken(validation).add(taken(test));
        field.that(
                taken.compareTo(BigDecimal.ONE) < 0,
                "validation.fraction and test.fraction leave nothing to train on: their sum is " + taken);
    }

    private static BigDecimal taken(@Nullable DataSplit split) {
        try {
            return split == null || split.fraction() == null ? BigDecimal.ZERO : new BigDecimal(split.fraction());
        } catch (NumberFormatException e) {
            return BigDecimal.ZERO;
        }
    }
}
