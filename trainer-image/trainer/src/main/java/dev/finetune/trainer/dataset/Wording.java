package dev.finetune.trainer.dataset;

import dev.finetune.api.Answer;
import dev.finetune.api.DataFormat;
import dev.finetune.api.Task;

/**
 * What messages call the examples of a data set.
 *
 * @param rows what a source holds many of
 * @param input what makes an example
 * @param anInput the same with its article
 * @param folders whether folders are the labels
 */
record Wording(String rows, String input, String anInput, boolean folders) {
    static final Wording TEXTS = new Wording("rows", "text", "a text", false);

    /** What they are called in files of that format. */
    static Wording of(Task task, DataFormat format) {
        boolean folders = !format.hasColumns();
        return task.ofImages()
                ? new Wording(folders ? "files" : "rows", "image", "an image", folders)
                : new Wording(TEXTS.rows, TEXTS.input, TEXTS.anInput, folders);
    }

    /** Where the labels stand. */
    String labels(Answer answer) {
        return folders ? "the class folders" : "spec.dataset.columns." + ReadSettings.answerRole(answer);
    }

    /** Several of them without anything inside. */
    String empty() {
        return folders ? rows + " have 0 bytes" : rows + " have no " + input + ", or one of 0 bytes";
    }
}
