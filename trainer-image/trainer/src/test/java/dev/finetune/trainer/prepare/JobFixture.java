package dev.finetune.trainer.prepare;

import dev.finetune.api.Augmentation;
import dev.finetune.api.AugmentationType;
import dev.finetune.api.BaseModelSource;
import dev.finetune.api.Checks;
import dev.finetune.api.Columns;
import dev.finetune.api.CsvDialect;
import dev.finetune.api.DataFormat;
import dev.finetune.api.DataSource;
import dev.finetune.api.DataSplit;
import dev.finetune.api.DatasetSpec;
import dev.finetune.api.DeployedModel;
import dev.finetune.api.EvaluationSpec;
import dev.finetune.api.FineTuneJobSpec;
import dev.finetune.api.Task;
import dev.finetune.api.run.JobIdentity;
import dev.finetune.api.run.Plan;
import dev.finetune.api.run.PrepareResult;
import dev.finetune.api.run.Stage;
import dev.finetune.trainer.dataset.Workspace;
import dev.finetune.trainer.engine.RawTensor;
import dev.finetune.trainer.engine.SafetensorsWriter;
import dev.finetune.trainer.source.SourceResolver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A job of a local run in a folder of its own: a tiny model, data files as a test writes them. */
final class JobFixture {
    final Path folder;
    final Workspace workspace;
    DataFormat format = DataFormat.CSV;
    String trainFile = "train.csv";

    @Nullable
    CsvDialect csv;

    @Nullable
    Columns columns = new Columns("text", "label");

    DataSplit validation = new DataSplit(null, "0.2");
    DataSplit test = new DataSplit(null, "0.2");

    @Nullable
    Checks checks;

    @Nullable
    List<Augmentation> augmentation;

    @Nullable
    DataSource thesaurus;

    @Nullable
    EvaluationSpec evaluation;

    BaseModelSource model = new BaseModelSource("file://model", null, null);
    List<DeployedModel> deployed = List.of();

    JobFixture(Path folder) throws IOException {
        this.folder = folder;
        this.workspace = new Workspace(folder.resolve("workspace"));
        Path files = Files.createDirectories(folder.resolve("model"));
        Files.writeString(
                files.resolve("config.json"),
                "{\"model_type\":\"bert\",\"num_hidden_layers\":1,\"hidden_size\":8,\"num_attention_heads\":2,\"intermediate_size\":16,\"vocab_size\":2,\"type_vocab_size\":2,\"max_position_embeddings\":64}");
        Files.writeString(
                files.resolve("tokenizer.json"),
                "{\"version\":\"1.0\",\"added_tokens\":[],\"pre_tokenizer\":{\"type\":\"Whitespace\"},"
                        + "\"model\":{\"type\":\"WordLevel\",\"vocab\":{\"[UNK]\":0,\"message\":1},\"unk_token\":\"[UNK]\"}}");
        write(weights());
    }

    JobFixture train(String content) throws IOException {
        Files.writeString(folder.resolve("train.csv"), content);
        return this;
    }

    JobFixture train(String name, byte[] content) throws IOException {
        Files.write(folder.resolve(name), content);
        trainFile = name;
        return this;
    }

    JobFixture test(String content) throws IOException {
        Files.writeString(folder.resolve("test.csv"), content);
        test = new DataSplit("file://test.csv", null);
        return this;
    }

    JobFixture validation(String content) throws IOException {
        Files.writeString(folder.resolve("validation.csv"), content);
        validation = new DataSplit("file://validation.csv", null);
        return this;
    }

    /** Synonyms of its own, in a file of that name. */
    JobFixture thesaurus(String name, byte[] content) throws IOException {
        Files.write(folder.resolve(name), content);
        augmentation = List.of(new Augmentation(
                AugmentationType.SynonymReplacement, null, null, null, null, null, null, null, null, null, null));
        thesaurus = new DataSource("file://" + name, null);
        return this;
    }

    PrepareResult prepare() {
        return PrepareStage.run(plan(), workspace, SourceResolver.local(folder), p -> {});
    }

    Plan plan() {
        return new Plan(
                Plan.VERSION,
                new JobIdentity("job", "default", "uid"),
                Stage.prepare,
                1,
                new FineTuneJobSpec(
                        Task.TextClassification,
                        null,
                        null,
                        model,
                        new DatasetSpec(
                                format,
                                csv,
                                columns,
                                new DataSource("file://" + trainFile, null),
                                validation,
                                test,
                                null,
                                null,
                                augmentation,
                                thesaurus,
                                checks,
                                null),
                        null,
                        evaluation,
                        null,
                        null,
                        null,
                        null,
                        null),
                "file://store",
                deployed,
                null,
                null,
                null,
                null,
                null,
                null,
                "test");
    }

    /** {@code perClass} rows of each label, all different. */
    static String rows(int perClass, String... labels) {
        StringBuilder csv = new StringBuilder("text,label\n");
        for (int i = 0; i < perClass; i++) {
            for (String label : labels) {
                csv.append("message ")
                        .append(i)
                        .append(" about ")
                        .append(label)
                        .append(',')
                        .append(label)
                        .append('\n');
            }
        }
        return csv.toString();
    }

    /** The weights of the model in {@code config.json}: zeros, which is enough to prepare a job. */
    static TreeMap<String, RawTensor> weights() {
        TreeMap<String, RawTensor> weights = new TreeMap<>();
        zeros(weights, "embeddings.word_embeddings.weight", 2, 8);
        zeros(weights, "embeddings.position_embeddings.weight", 64, 8);
        zeros(weights, "embeddings.token_type_embeddings.weight", 2, 8);
        pair(weights, "embeddings.LayerNorm", 8);
        String layer = "encoder.layer.0.";
        for (String name : List.of(
                "attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense")) {
            pair(weights, layer + name, 8, 8);
        }
        pair(weights, layer + "attention.output.LayerNorm", 8);
        pair(weights, layer + "intermediate.dense", 16, 8);
        pair(weights, layer + "output.dense", 8, 16);
        pair(weights, layer + "output.LayerNorm", 8);
        return weights;
    }

    /** Replaces the model's weights. */
    void write(TreeMap<String, RawTensor> weights) throws IOException {
        SafetensorsWriter.write(folder.resolve("model/model.safetensors"), weights);
    }

    private static void pair(TreeMap<String, RawTensor> weights, String name, int... shape) {
        zeros(weights, name + ".weight", shape);
        zeros(weights, name + ".bias", shape[0]);
    }

    private static void zeros(TreeMap<String, RawTensor> weights, String name, int... shape) {
        long[] sizes = Arrays.stream(shape).asLongStream().toArray();
        weights.put(name, RawTensor.of(new float[Arrays.stream(shape).reduce(1, (a, b) -> a * b)], sizes));
    }
}
