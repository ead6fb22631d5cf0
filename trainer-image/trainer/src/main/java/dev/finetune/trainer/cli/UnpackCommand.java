package dev.finetune.trainer.cli;

import dev.finetune.trainer.source.TarStream;
import dev.finetune.trainer.storage.DurableFiles;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** How a folder gets onto a claim: a pod of this image unpacks what arrives on its standard input. */
@Command(
        name = "unpack",
        mixinStandardHelpOptions = true,
        description =
                "Reads a tar stream from standard input and puts its files into a folder, which it replaces as a whole.")
final class UnpackCommand implements Callable<Integer> {
    @Parameters(paramLabel = "FOLDER", description = "Where the files belong.")
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec command;

    @Override
    public Integer call() throws IOException {
        TarStream.Unpacked unpacked = unpack(System.in, folder.toAbsolutePath());
        PrintWriter out = command.commandLine().getOut();
        out.printf("%s: %d files, %d bytes%n", folder, unpacked.files(), unpacked.bytes());
        out.flush();
        return 0;
    }

    /** Unpacks beside the folder and puts the result in its place; a stream that breaks off leaves what was there. */
    static TarStream.Unpacked unpack(InputStream tar, Path folder) throws IOException {
        AtomicReference<TarStream.Unpacked> unpacked = new AtomicReference<>();
        DurableFiles.replace(folder, fresh -> unpacked.set(TarStream.into(fresh, tar)));
        return unpacked.get();
    }
}
