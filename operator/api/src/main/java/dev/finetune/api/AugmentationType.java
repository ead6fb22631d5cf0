package dev.finetune.api;

/** A change of a training example that leaves its label true: of an image as torchvision means it, of a text as EDA does (Wei and Zou 2019). */
public enum AugmentationType {
    /** Left and right exchanged. */
    HorizontalFlip,
    /** Top and bottom exchanged. */
    VerticalFlip,
    /** A part of the image in the place of all of it. */
    RandomResizedCrop,
    /** Turned around the middle. */
    Rotation,
    /** Brightness, contrast, saturation and hue changed. */
    ColorJitter,
    /** A rectangle blotted out. */
    Erasing,
    /** Some changes drawn from fourteen. */
    RandAugment,
    /** Two images of a step laid over each other, and their labels by the same shares (Zhang et al. 2018). */
    Mixup,
    /** A rectangle of another image of the step, and of its label as much as of the area (Yun et al. 2019). */
    CutMix,
    /** Words in the place of others that mean the same. */
    SynonymReplacement,
    /** Words that mean the same as others of the text, anywhere in it. */
    RandomInsertion,
    /** Words left out. */
    RandomDeletion,
    /** Words in each other's place. */
    RandomSwap,
    /** Sentences in another order. */
    SentenceShuffle;

    /** Whether it puts two examples of a step into one. */
    public boolean mixes() {
        return this == Mixup || this == CutMix;
    }

    /** Whether it asks a thesaurus. */
    public boolean takesSynonyms() {
        return this == SynonymReplacement || this == RandomInsertion;
    }

    /** Whether it changes texts, and not images. */
    public boolean ofTexts() {
        return switch (this) {
            case SynonymReplacement, RandomInsertion, RandomDeletion, RandomSwap, SentenceShuffle -> true;
            case HorizontalFlip,
                    VerticalFlip,
                    RandomResizedCrop,
                    Rotation,
                    ColorJitter,
                    Erasing,
                    RandAugment,
                    Mixup,
                    CutMix -> false;
        };
    }
}
