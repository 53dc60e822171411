package advice;

import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.HttpStream;
import org.eclipse.jetty.util.Callback;

/** One exchange on a connection of Jetty whose other end is this program: a request without a body, and its answer. */
final class InMemoryStream implements HttpStream {
    private int status;
    private int written;
    private boolean isComplete;
    private Throwable failure;

    /** Fails unless the answer is complete and one of success. */
    void expectSuccess() {
        if (!isComplete || status != 200 || written == 0) {
            throw new IllegalStateException("status " + status + ", " + written + " bytes", failure);
        }
    }

    @Override
    public void send(
            MetaData.Request request, MetaData.Response response, boolean last, ByteBuffer content, Callback callback) {
        if (response != null) {
            status = response.getStatus();
        }
        if (content != null) {
            written += content.remaining();
            content.position(content.limit());
        }
        callback.succeeded();
    }

    @Override
    public void succeeded() {
        isComplete = true;
    }

    @Override
    public void failed(Throwable thrown) {
        failure = thrown;
    }

    @Override
    public String getId() {
        return "1";
    }

    @Override
    public Content.Chunk read() {
        return Content.Chunk.EOF;
    }

    @Override
    public void demand() {}

    @Override
    public void prepareResponse(HttpFields.Mutable headers) {}

    @Override
    public Runnable cancelSend(Throwable cause, Callback callback) {
        return null;
    }

    @Override
    public long getIdleTimeout() {
        return 0;
    }

    @Override
    public void setIdleTimeout(long timeout) {}

    @Override
    public boolean isCommitted() {
        return status != 0;
    }

    @Override
    public Throwable consumeAvailable() {
        return null;
    }
}
