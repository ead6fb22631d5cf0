package dev.finetune.trainer.engine;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.JniUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Fused pieces of a network and of an optimizer step, written in TorchScript ({@code kernels.torchscript}) and packed into an archive
 * by {@link ScriptArchive}. One call is one crossing into native code, and intermediate tensors die as soon as autograd lets them,
 * where DJL's own operators keep each alive until its scope closes. Scalars are owned by libtorch, so DJL's use-after-free of
 * {@code NDArray.mul(Number)} can't happen.
 */
public final class Kernels {
    private static final MethodHandle RUN;
    private static final MethodHandle RESULT;

    static {
        try {
            // IValueUtils.runMethod is the only public call that takes scalars, and it runs in inference mode, whose
            // tensors can't be
            // trained on. Its training twin takes tensors alone. So the native call below both is used.
            Class<?> library = Class.forName("ai.djl.pytorch.jni.PyTorchLibrary");
            MethodHandles.Lookup lookup = MethodHandles.privateLookupIn(library, MethodHandles.lookup());
            Object instance = lookup.findStaticGetter(library, "LIB", library).invoke();
            RUN = lookup.findVirtual(
                            library,
                            "moduleRunMethod",
                            MethodType.methodType(
                                    long.class, long.class, String.class, long[].class, boolean.class, boolean.class))
                    .bindTo(instance);
            RESULT = MethodHandles.privateLookupIn(IValue.class, MethodHandles.lookup())
                    .findConstructor(IValue.class, MethodType.methodType(void.class, long.class));
        } catch (Throwable e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final PtSymbolBlock module;

    private Kernels(PtSymbolBlock module) {
        this.module = module;
    }

    static Kernels load(NDManager root) {
        try (InputStream text = Kernels.class.getResourceAsStream("kernels.torchscript")) {
            if (text == null) {
                throw new IllegalStateException("kernels.torchscript is missing from the trainer's jar");
            }
            byte[] archive = ScriptArchive.pack("Kernels", new String(text.readAllBytes(), StandardCharsets.UTF_8));
            return new Kernels(
                    JniUtils.loadModule((PtNDManager) root, new ByteArrayInputStream(archive), false, false));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs a kernel that gives one tensor, which then lives in the scope. {@code record}: whether gradients will be asked for. */
    public NDArray run(NDManager scope, boolean record, String kernel, Object... arguments) {
        try (IValue result = call(record, kernel, arguments)) {
            return result.toTensor((PtNDManager) scope);
        }
    }

    /** Runs a kernel that gives a list of tensors, which then live in the scope. */
    List<NDArray> runForList(NDManager scope, String kernel, Object... arguments) {
        try (IValue result = call(false, kernel, arguments)) {
            return List.of(result.toTensorArray((PtNDManager) scope));
        }
    }

    /** Runs a kernel for its effect on its arguments. */
    void apply(String kernel, Object... arguments) {
        call(false, kernel, arguments).close();
    }

    private IValue call(boolean record, String kernel, Object... arguments) {
        IValue[] values = new IValue[arguments.length];
        try {
            long[] handles = new long[arguments.length];
            for (int i = 0; i < arguments.length; i++) {
                values[i] = toNative(arguments[i]);
                handles[i] = values[i].getHandle();
            }
            // Both switches belong to the native thread, and a virtual thread may have moved to another one since the
            // last call.
            JniUtils.setGraphExecutorOptimize(false);
            JniUtils.setGradMode(record);
            try {
                return (IValue) RESULT.invoke(
                        (long) RUN.invokeExact(module.getHandle().longValue(), kernel, handles, true, false));
            } finally {
                JniUtils.setGradMode(false);
            }
        } catch (EngineException e) {
            throw MemoryShortage.translate(e, kernel);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("kernel " + kernel, e);
        } finally {
            for (IValue value : values) {
                if (value != null) {
                    value.close();
                }
            }
        }
    }

    private static IValue toNative(Object argument) {
        return switch (argument) {
            case PtNDArray tensor -> IValue.from(tensor);
            case long[] numbers -> IValue.listFrom(numbers);
            case List<?> tensors -> IValue.listFrom(tensors.toArray(new PtNDArray[0]));
            case Double number -> IValue.from(number.doubleValue());
            case Integer number -> IValue.from(number.longValue());
            case String text -> IValue.from(text);
            default -> throw new IllegalArgumentException("no kernel takes a " + argument.getClass());
        };
    }
}
