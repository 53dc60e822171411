package advice;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** Asks the collector of {@code ./x bench} for its count of spans; over a plain socket, which no agent traces. */
final class Collector {
    private static final byte[] QUESTION = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private final int port;

    Collector(int port) {
        this.port = port;
    }

    /** Spans received since it started. */
    long spans() throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream().write(QUESTION);
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            return Long.parseLong(answer.substring(answer.indexOf("\r\n\r\n")).trim());
        }
    }
}
