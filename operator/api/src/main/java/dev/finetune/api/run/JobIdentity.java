package dev.finetune.api.run;

/** The FineTuneJob a plan belongs to. */
public record JobIdentity(String name, String namespace, String uid) {}
