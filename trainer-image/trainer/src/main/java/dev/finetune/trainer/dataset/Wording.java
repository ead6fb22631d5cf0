package dev.finetune.trainer.dataset;

import dev.finetune.api.Answer;

/**
 * What messages call the examples of a data set.
 *
 * @param rows what a source holds many of
 * @param input what makes an example
 * @param anInput the same with its article
 */
record Wording(String rows, String input, String anInput) {
    static final Wording TEXTS = new Wording("rows", "text", "a text");
    static final Wording IMAGES = new Wording("files", "image", "an image");

    /** Where the labels stand. */
    String labels(Answer answer) {
        return equals(IMAGES) ? "the class folders" : "spec.dataset.columns." + ReadSettings.answerRole(answer);
    }
}
