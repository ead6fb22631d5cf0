package dev.finetune.api;

/** What the model is adapted to do. */
public enum Task {
    /** One label per text. */
    TextClassification(Answer.Label),
    /** One label per pair of texts: what the second is to the first. */
    TextPairClassification(Answer.Label),
    /** Any number of labels per text, or none. */
    MultiLabelTextClassification(Answer.Labels),
    /** One tag per word of a text, which mark entities. */
    TokenClassification(Answer.Tags),
    /** One number per text, or per pair of texts. */
    TextRegression(Answer.Number),
    /** One label per image. */
    ImageClassification(Answer.Label);

    private final Answer answer;

    Task(Answer answer) {
        this.answer = answer;
    }

    /** What the model answers with. */
    public Answer answer() {
        return answer;
    }

    /** Whether an input is an image. */
    public boolean ofImages() {
        return this == ImageClassification;
    }

    /** Whether an input must be two texts. */
    public boolean needsPair() {
        return this == TextPairClassification;
    }

    /** Whether an input may be two texts. */
    public boolean mayHavePair() {
        return this == TextPairClassification || this == TextRegression;
    }
}
