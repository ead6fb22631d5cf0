package dev.finetune.trainer.source;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

/** A bad line to a server: connections that end, or fall silent, after some bytes of the answer. */
final class CuttingProxy implements AutoCloseable {
    private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final int port;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();

    /** Bytes of the answer after which the next connections end; negative ones fall silent there instead. */
    final Deque<Integer> cuts = new ConcurrentLinkedDeque<>();

    CuttingProxy(int port) throws IOException {
        this.port = port;
        Thread.ofVirtual().start(() -> {
            try {
                while (true) {
                    Socket client = listener.accept();
                    sockets.add(client);
                    Thread.ofVirtual().start(() -> connect(client));
                }
            } catch (IOException e) {
                // Closed.
            }
        });
    }

    int port() {
        return listener.getLocalPort();
    }

    private void connect(Socket client) {
        Integer cut = cuts.poll();
        try (client;
                Socket server = new Socket(InetAddress.getLoopbackAddress(), port)) {
            sockets.add(server);
            Thread.ofVirtual().start(() -> {
                try {
                    client.getInputStream().transferTo(server.getOutputStream());
                    server.shutdownOutput();
                } catch (IOException e) {
                    // The other direction ends it.
                }
            });
            pass(server.getInputStream(), client.getOutputStream(), cut == null ? Long.MAX_VALUE : Math.abs(cut));
            if (cut != null && cut < 0) {
                closed.await();
            }
        } catch (IOException e) {
            // A side went away.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void pass(InputStream in, OutputStream out, long most) throws IOException {
        byte[] buffer = new byte[1 << 14];
        long left = most;
        for (int n = 0; left > 0 && n >= 0; n = in.read(buffer, 0, (int) Math.min(buffer.length, left))) {
            out.write(buffer, 0, n);
            left -= n;
        }
    }

    @Override
    public void close() throws IOException {
        closed.countDown();
        listener.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
