// A compile-time stand-in: only the members that the glue names. The application brings the real class.
package org.eclipse.jetty.server.internal;

import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;

public abstract class HttpChannelState {
    public abstract Request getRequest();

    public abstract Response getResponse();
}
