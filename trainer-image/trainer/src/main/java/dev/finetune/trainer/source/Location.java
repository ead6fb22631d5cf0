package dev.finetune.trainer.source;

/** An address and what it is reached with. */
public record Location(SourceUri uri, Credentials credentials) {
    @Override
    public String toString() {
        return uri.toString();
    }
}
