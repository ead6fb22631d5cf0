package dev.finetune.trainer.model;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.finetune.api.run.StageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** A golden model to be spoilt. */
final class ModelCopy {
    private ModelCopy() {}

    static Path of(String name, Path target) throws IOException {
        Files.createDirectories(target);
        try (Stream<Path> files = Files.list(Golden.folder(name))) {
            for (Path file : files.toList()) {
                Files.copy(file, target.resolve(file.getFileName()));
            }
        }
        return target;
    }

    static void config(Path folder, Consumer<ObjectNode> change) throws IOException {
        edit(folder.resolve("config.json"), change);
    }

    static void edit(Path file, Consumer<ObjectNode> change) throws IOException {
        ObjectNode json = (ObjectNode) Golden.json(file);
        change.accept(json);
        new ObjectMapper().writeValue(file.toFile(), json);
    }

    /** Renames tensors in the header alone; padding keeps the data where they are. */
    static void rename(Path folder, UnaryOperator<String> change) throws IOException {
        Path file = folder.resolve("model.safetensors");
        byte[] all = Files.readAllBytes(file);
        ByteBuffer buffer = ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN);
        int length = (int) buffer.getLong(0);
        ObjectNode header = (ObjectNode) new ObjectMapper().readTree(all, 8, length);
        ObjectNode renamed = new ObjectMapper().createObjectNode();
        header.properties().forEach(e -> renamed.set(change.apply(e.getKey()), e.getValue()));
        byte[] text = new ObjectMapper().writeValueAsBytes(renamed);
        ByteBuffer out =
                ByteBuffer.allocate(8 + text.length + all.length - 8 - length).order(ByteOrder.LITTLE_ENDIAN);
        out.putLong(text.length).put(text).put(all, 8 + length, all.length - 8 - length);
        Files.write(file, out.array());
    }

    static void refused(Path folder, String... parts) {
        assertThatThrownBy(() -> SequenceClassifier.load(folder, Golden.LABELS, LoadOptions.seeded(1)))
                .isInstanceOf(StageException.class)
                .hasMessageContainingAll(parts);
    }
}
