package dev.finetune.api;

/** A change of a training image that leaves its label true, as torchvision means it. */
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
    RandAugment
}
