// A compile-time stand-in: only the members that the glue names. The application brings the real class.
package org.eclipse.jetty.server;

import java.net.SocketAddress;
import org.eclipse.jetty.http.HttpVersion;

public interface ConnectionMetaData {
    HttpVersion getHttpVersion();

    SocketAddress getRemoteSocketAddress();
}
