package dev.finetune.trainer.source;

import java.nio.file.Path;

/** A file that lies on this machine; {@code sha256} is {@code sha256:} and 64 hex digits over its bytes. */
public record FetchedFile(Path path, String sha256, long size) {}
