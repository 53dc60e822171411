// A compile-time stand-in: only the members that the glue names. The application brings the real class.
package org.eclipse.jetty.server;

import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpURI;

public interface Request {
    String getMethod();

    HttpURI getHttpURI();

    HttpFields getHeaders();

    Context getContext();

    ConnectionMetaData getConnectionMetaData();

    static Request unWrap(Request request) {
        return request;
    }
}
