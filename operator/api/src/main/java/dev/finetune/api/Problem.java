package dev.finetune.api;

/** One thing that is wrong with a manifest: the path of the field, and what was expected, what came and what to do. */
public record Problem(String path, String message) {
    @Override
    public String toString() {
        return path.isEmpty() ? message : path + ": " + message;
    }
}
