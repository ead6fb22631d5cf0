package dev.finetune.trainer.dataset;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;

/** The rows of texts in class folders: each file is one text, the folder its label. */
final class TextFolderRows implements RowReader {
    private final ReadSettings settings;
    private final Iterator<Part> files;
    private String name = "";

    TextFolderRows(ClassFolders folders, ReadSettings settings) {
        this.settings = settings;
        this.files = folders.files().iterator();
    }

    @Override
    public Optional<Row> next() throws IOException {
        if (!files.hasNext()) {
            return Optional.empty();
        }
        Part file = files.next();
        name = file.name();
        StringBuilder text = new StringBuilder();
        char[] buffer = new char[1 << 14];
        try (Reader reader = new StrictDecoder(Files.newInputStream(file.path()), StandardCharsets.UTF_8)) {
            for (int n = reader.read(buffer, 0, buffer.length); n >= 0; n = reader.read(buffer, 0, buffer.length)) {
                if (text.length() + n > MAX_ROW_LENGTH) {
                    return Optional.of(new Row.Broken(1, "it is longer than " + MAX_ROW_LENGTH + " characters"));
                }
                text.append(buffer, 0, n);
            }
        }
        return Optional.of(Row.of(1, settings, Map.of(Role.text, text.toString(), Role.label, file.firstFolder())));
    }

    @Override
    public Optional<String> part() {
        return Optional.of(name);
    }

    @Override
    public void close() {
        // Each file was closed when it was read.
    }
}
