package dev.finetune.trainer.engine;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The one libtorch of this process. It is started once, with a fixed number of threads, because results are the same bytes only for
 * the same number of threads. Gradient recording is a property of the native thread that DJL leaves on everywhere but on the thread
 * that loaded it; here it is off, except inside a kernel that is asked to record.
 */
public final class TorchEngine {
    private static @Nullable TorchEngine running;

    private final int threads;
    private final Kernels kernels;

    private TorchEngine(int threads) {
        this.threads = threads;
        NDManager root = Engine.getEngine("PyTorch").newBaseManager();
        root.setName("engine");
        JniUtils.setGradMode(false);
        this.kernels = Kernels.load(root);
    }

    /** The engine, started with as many threads as the container's CPU limit allows if it doesn't run yet. */
    public static TorchEngine start() {
        return start(Optional.empty());
    }

    /** The engine, started with that many threads if it doesn't run yet; a running one keeps its own. */
    public static synchronized TorchEngine start(Optional<Integer> threads) {
        TorchEngine engine = running;
        if (engine == null) {
            int count = threads.orElseGet(CpuLimit::cores);
            System.setProperty("ai.djl.offline", "true");
            System.setProperty("ai.djl.pytorch.num_threads", Integer.toString(count));
            System.setProperty("ai.djl.pytorch.num_interop_threads", "1");
            System.setProperty("ai.djl.pytorch.graph_optimizer", "false");
            engine = new TorchEngine(count);
            running = engine;
        }
        return engine;
    }

    /** How many threads libtorch computes with. */
    public int threads() {
        return threads;
    }

    /** The operators that DJL lacks. */
    public Kernels kernels() {
        return kernels;
    }

    /** A scope for tensors: closing it frees every tensor made in it. One per step; parameters live in one of their own. */
    public NDManager newScope() {
        return Engine.getEngine("PyTorch").newBaseManager();
    }

    /** Seeds libtorch's generator, which dropout draws from. It can't be saved: seed it before every micro-step. */
    public void seed(long seed) {
        // DJL's own setter takes an int and mixes nothing, so spread the 64 bits over it first.
        long mixed = (seed ^ (seed >>> 30)) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
        JniUtils.setSeed(mixed ^ (mixed >>> 31));
    }
}
