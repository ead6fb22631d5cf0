package dev.finetune.trainer.prepare;

import dev.finetune.api.CheckAction;
import dev.finetune.api.DataSource;
import dev.finetune.api.DatasetSpec;
import dev.finetune.api.FailureClass;
import dev.finetune.api.Finding;
import dev.finetune.api.Json;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.dataset.Dataset;
import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.dataset.SynonymFile;
import dev.finetune.trainer.dataset.Workspace;
import dev.finetune.trainer.source.Location;
import dev.finetune.trainer.source.SourceResolver;
import dev.finetune.trainer.storage.DurableFiles;
import dev.finetune.trainer.storage.Volume;
import dev.finetune.trainer.transform.Thesaurus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The synonyms that a job brings along: fetched and read here, so that a bad line is told before anything is trained. */
final class OwnThesaurus {
    private static final Logger LOG = LoggerFactory.getLogger(OwnThesaurus.class);
    private static final String FIELD = "spec.dataset.thesaurus";

    private final Dataset.NamedFile file;
    private final Thesaurus words;

    private OwnThesaurus(Dataset.NamedFile file, Thesaurus words) {
        this.file = file;
        this.words = words;
    }

    /**
     * That of a job, if it has one.
     *
     * @throws StageException InvalidData with the lines that say nothing, SourceUnavailable where it cannot be fetched
     */
    static Optional<OwnThesaurus> of(DatasetSpec data, SourceResolver sources, DataSources files, Path scratch) {
        DataSource source = data.thesaurus();
        if (source == null) {
            return Optional.empty();
        }
        if (source.storageUri() == null) {
            throw new StageException(
                    FailureClass.InvalidSpec, FIELD + ".storageUri is missing: it names the file of synonyms.");
        }
        Location location = sources.locate(FIELD + ".storageUri", source.storageUri(), source.secretRef());
        Dataset.NamedFile file = files.text(FIELD, location, SynonymFile.MAX_BYTES, scratch);
        return Optional.of(new OwnThesaurus(file, SynonymFile.read(file.name(), file.path())));
    }

    /** The data set that is learned from with it, and told where no text holds a word of it. */
    Dataset with(Dataset dataset) {
        long known = dataset.train().stream().filter(this::knowsAWordOf).count();
        LOG.info(
                "{}: synonyms of {} words; {} of {} training texts hold some",
                file.name(),
                words.size(),
                known,
                dataset.train().size());
        Dataset joined = dataset.withThesaurus(Json.digest(bytes()));
        return known > 0
                ? joined
                : joined.with(new Finding(
                        "ThesaurusUnused",
                        CheckAction.Warn,
                        (long) dataset.train().size(),
                        "None of the " + dataset.train().size() + " training texts holds a word that " + file.name()
                                + " has synonyms of (" + words.size()
                                + "), so SynonymReplacement and RandomInsertion change nothing. Words are looked for as they stand in the texts: give"
                                + " their inflected forms, or another file (" + FIELD + ")."));
    }

    private boolean knowsAWordOf(Example example) {
        return words.knowsAWordOf(example.input().text())
                || (example.input().textPair() != null
                        && words.knowsAWordOf(example.input().textPair()));
    }

    private byte[] bytes() {
        try {
            return Files.readAllBytes(file.path());
        } catch (IOException e) {
            throw Volume.failure(file.path(), e);
        }
    }

    /** Leaves it where train reads it, or nothing there where there is none. */
    static void write(Optional<OwnThesaurus> thesaurus, Workspace workspace) throws IOException {
        if (thesaurus.isPresent()) {
            DurableFiles.write(workspace.thesaurus(), thesaurus.get().bytes());
        } else {
            Files.deleteIfExists(workspace.thesaurus());
        }
    }
}
