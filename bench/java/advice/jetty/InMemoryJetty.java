package advice;

import jakarta.servlet.Servlet;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.server.ConnectionMetaData;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.LocalConnector;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.internal.HttpChannelState;
import org.eclipse.jetty.util.Attributes;

/** Jetty without connections: its channel is given parsed requests, on the thread that asks. */
final class InMemoryJetty {
    private final Server server = new Server();
    private final Connector connector = new LocalConnector(server);
    private final HttpChannelState channel = new HttpChannelState(new Client());
    private final HttpFields headers;
    private final HttpURI[] uris;

    /** Maps each servlet to {@code /servletN/*}. */
    InMemoryJetty(List<? extends Servlet> servlets) throws Exception {
        server.addConnector(connector);
        ServletContextHandler context = new ServletContextHandler();
        uris = new HttpURI[servlets.size()];
        for (int number = 0; number < uris.length; number++) {
            String name = "servlet" + number;
            context.addServlet(new ServletHolder(name, servlets.get(number)), "/" + name + "/*");
            uris[number] = HttpURI.from("http://shop.example:8080/" + name + "/17?expand=lines").asImmutable();
        }
        server.setHandler(context);
        HttpFields.Mutable fields = HttpFields.build();
        for (String[] header : Requests.HEADERS) {
            fields.add(header[0], header[1]);
        }
        headers = fields.asImmutable();
        server.start();
        channel.initialize();
    }

    /** Has that servlet answer a request. */
    void serve(int servlet) {
        InMemoryStream stream = new InMemoryStream();
        channel.setHttpStream(stream);
        channel.onRequest(new MetaData.Request("GET", uris[servlet], HttpVersion.HTTP_1_1, headers)).run();
        stream.expectSuccess();
        channel.recycle();
        channel.initialize();
    }

    void stop() throws Exception {
        server.stop();
    }

    /** The other end of the connection. */
    private final class Client extends Attributes.Lazy implements ConnectionMetaData {
        private final HttpConfiguration configuration = new HttpConfiguration();
        private final SocketAddress remote = InetSocketAddress.createUnresolved("192.0.2.17", 51234);
        private final SocketAddress local = InetSocketAddress.createUnresolved("192.0.2.1", 8080);

        @Override
        public String getId() {
            return "1";
        }

        @Override
        public HttpConfiguration getHttpConfiguration() {
            return configuration;
        }

        @Override
        public HttpVersion getHttpVersion() {
            return HttpVersion.HTTP_1_1;
        }

        @Override
        public String getProtocol() {
            return HttpVersion.HTTP_1_1.asString();
        }

        @Override
        public Connection getConnection() {
            return null;
        }

        @Override
        public Connector getConnector() {
            return connector;
        }

        @Override
        public boolean isPersistent() {
            return true;
        }

        @Override
        public SocketAddress getRemoteSocketAddress() {
            return remote;
        }

        @Override
        public SocketAddress getLocalSocketAddress() {
            return local;
        }
    }
}
