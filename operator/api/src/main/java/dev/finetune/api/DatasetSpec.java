package dev.finetune.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The labelled data and how it is read, split, checked, cleaned and balanced. */
public record DatasetSpec(
        @Nullable DataFormat format,
        @Nullable CsvDialect csv,
        @Nullable Columns columns,
        @Nullable DataSource train,
        @Nullable DataSplit validation,
        @Nullable DataSplit test,
        @Nullable Long splitSeed,
        @Nullable Preprocessing preprocessing,
        @Nullable List<Augmentation> augmentation,
        @Nullable DataSource thesaurus,
        @Nullable Checks checks,
        @Nullable Imbalance imbalance) {
    /** One whose training examples are taken as they are. */
    public DatasetSpec(
            @Nullable DataFormat format,
            @Nullable CsvDialect csv,
            @Nullable Columns columns,
            @Nullable DataSource train,
            @Nullable DataSplit validation,
            @Nullable DataSplit test,
            @Nullable Long splitSeed,
            @Nullable Preprocessing preprocessing,
            @Nullable Checks checks) {
        this(format, csv, columns, train, validation, test, splitSeed, preprocessing, null, null, checks, null);
    }
}
