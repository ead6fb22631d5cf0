package dev.finetune.trainer.metric;

/**
 * What examples have and are given where that is more than one class each: sets of labels, or sequences of tags. They are known by whole numbers, so that they
 * are counted and drawn as single classes are.
 */
public sealed interface Outcomes permits LabelSets, TagSequences {
    /** How many classes are counted. */
    int labels();

    /** Adds to the counts that so many examples have one outcome and were given another, by their numbers. */
    void count(int truth, int decision, long examples, ClassCounts counts);

    /** Whether averages take in what was given although no example has it, as seqeval's do and scikit-learn's of the labels that occur do not. */
    boolean averagesWhatIsGiven();
}
