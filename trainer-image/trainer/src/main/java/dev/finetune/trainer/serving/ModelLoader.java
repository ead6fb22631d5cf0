package dev.finetune.trainer.serving;

/** Opens the model; called once, on the thread that will use it, as the engine keeps state per thread. */
@FunctionalInterface
interface ModelLoader {
    /** The model, verified and warm; throws a StageException where it is not the one that was judged. */
    LoadedModel load() throws Exception;
}
