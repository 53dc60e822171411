package advice;

import jakarta.servlet.Servlet;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.apache.catalina.Context;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;
import org.apache.coyote.Processor;
import org.apache.coyote.http11.AbstractHttp11Protocol;
import org.apache.coyote.http11.Http11Processor;
import org.apache.tomcat.util.net.SocketEvent;

/**
 * Tomcat without sockets: its HTTP/1.1 processor parses requests from memory, on the thread that asks, and has Tomcat's
 * adapter serve them.
 */
final class InMemoryTomcat {
    /** Held here: java.util.logging keeps loggers, and with them their levels, only weakly. */
    private static final Logger LOG = Logger.getLogger("org.apache");

    private final Tomcat tomcat = new Tomcat();
    private final Processor processor;
    private final InMemorySocket socket = new InMemorySocket();
    private final byte[][] requests;

    /** Maps each servlet to {@code /servletN/*}. */
    InMemoryTomcat(List<? extends Servlet> servlets) throws LifecycleException {
        LOG.setLevel(Level.SEVERE);
        String folder = System.getProperty("java.io.tmpdir");
        tomcat.setBaseDir(folder);
        // Tomcat does not start without one. Nobody connects to it.
        Connector connector = new Connector();
        connector.setPort(0);
        connector.setProperty("address", "127.0.0.1");
        connector.setProperty("maxKeepAliveRequests", "-1");
        tomcat.setConnector(connector);
        Context context = tomcat.addContext("", folder);
        requests = new byte[servlets.size()][];
        for (int number = 0; number < requests.length; number++) {
            String name = "servlet" + number;
            Tomcat.addServlet(context, name, servlets.get(number));
            context.addServletMappingDecoded("/" + name + "/*", name);
            requests[number] = Requests.of("/" + name + "/17").getBytes(StandardCharsets.US_ASCII);
        }
        tomcat.start();
        AbstractHttp11Protocol<?> protocol = (AbstractHttp11Protocol<?>) connector.getProtocolHandler();
        processor = new Http11Processor(protocol, protocol.getAdapter());
    }

    /** Has that servlet answer a request. */
    void serve(int servlet) throws IOException {
        socket.receive(requests[servlet]);
        processor.process(socket, SocketEvent.OPEN_READ);
        socket.expectSuccess();
    }

    void stop() throws LifecycleException {
        tomcat.stop();
        tomcat.destroy();
    }
}
