package advice;

import java.nio.ByteBuffer;
import java.nio.channels.CompletionHandler;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.tomcat.util.net.ApplicationBufferHandler;
import org.apache.tomcat.util.net.NioChannel;
import org.apache.tomcat.util.net.NioEndpoint;
import org.apache.tomcat.util.net.SSLSupport;
import org.apache.tomcat.util.net.SendfileDataBase;
import org.apache.tomcat.util.net.SendfileState;
import org.apache.tomcat.util.net.SocketBufferHandler;
import org.apache.tomcat.util.net.SocketWrapperBase;

/** A connection of Tomcat whose other end is this program: it has read what was given to it and nothing more. */
final class InMemorySocket extends SocketWrapperBase<NioChannel> {
    private static final int BUFFER = 8 * 1024;
    private static final byte[] SUCCESS = "HTTP/1.1 200".getBytes(StandardCharsets.US_ASCII);

    private final byte[] answer = new byte[BUFFER];
    private int answered;
    private byte[] request = {};
    private int read;

    InMemorySocket() {
        super(null, new NioEndpoint());
        socketBufferHandler = new SocketBufferHandler(BUFFER, BUFFER, false);
    }

    /** What is read next. */
    void receive(byte[] bytes) {
        request = bytes;
        read = 0;
        answered = 0;
    }

    /** Fails unless the answer since was one of success. */
    void expectSuccess() {
        for (int index = 0; index < SUCCESS.length; index++) {
            if (answered < SUCCESS.length || answer[index] != SUCCESS[index]) {
                throw new IllegalStateException(new String(answer, 0, answered, StandardCharsets.US_ASCII));
            }
        }
    }

    @Override
    public int read(boolean block, ByteBuffer to) {
        int count = Math.min(request.length - read, to.remaining());
        to.put(request, read, count);
        read += count;
        return count;
    }

    @Override
    public int read(boolean block, byte[] to, int offset, int length) {
        return read(block, ByteBuffer.wrap(to, offset, length));
    }

    @Override
    protected void doWrite(boolean block, ByteBuffer from) {
        int count = from.remaining();
        from.get(answer, answered, count);
        answered += count;
    }

    @Override
    protected void populateRemoteHost() {
        remoteHost = "client.example";
    }

    @Override
    protected void populateRemoteAddr() {
        remoteAddr = "192.0.2.17";
    }

    @Override
    protected void populateRemotePort() {
        remotePort = 51234;
    }

    @Override
    protected void populateLocalName() {
        localName = "shop.example";
    }

    @Override
    protected void populateLocalAddr() {
        localAddr = "192.0.2.1";
    }

    @Override
    protected void populateLocalPort() {
        localPort = 8080;
    }

    @Override
    public boolean isReadyForRead() {
        return read < request.length;
    }

    @Override
    protected boolean flushNonBlocking() {
        return false;
    }

    @Override
    public void setAppReadBufHandler(ApplicationBufferHandler handler) {}

    @Override
    protected void doClose() {}

    @Override
    public void registerReadInterest() {}

    @Override
    public void registerWriteInterest() {}

    @Override
    public SSLSupport getSslSupport() {
        return null;
    }

    @Override
    public void doClientAuth(SSLSupport support) {
        throw new UnsupportedOperationException("TLS");
    }

    @Override
    public SendfileDataBase createSendfileData(String file, long position, long length) {
        throw new UnsupportedOperationException("sendfile");
    }

    @Override
    public SendfileState processSendfile(SendfileDataBase file) {
        throw new UnsupportedOperationException("sendfile");
    }

    @Override
    protected <A> OperationState<A> newOperationState(
            boolean read,
            ByteBuffer[] buffers,
            int offset,
            int length,
            BlockingMode block,
            long timeout,
            TimeUnit unit,
            A attachment,
            CompletionCheck check,
            CompletionHandler<Long, ? super A> handler,
            Semaphore semaphore,
            VectoredIOCompletionHandler<A> completion) {
        throw new UnsupportedOperationException("asynchronous I/O");
    }
}
