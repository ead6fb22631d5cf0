package dev.finetune.trainer.dataset.image;

/** Why bytes are no image that can be used; the message continues the file's name ("a.jpg: it ends too early"). */
public final class UnreadableImageException extends Exception {
    private static final long serialVersionUID = 1;

    UnreadableImageException(String problem) {
        super(problem);
    }

    UnreadableImageException(String problem, Throwable cause) {
        super(problem, cause);
    }
}
