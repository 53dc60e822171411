// A compile-time stand-in: only the members that the glue names. The application brings the real class.
package org.apache.catalina.connector;

import org.apache.catalina.Wrapper;

public abstract class Request {
    public abstract boolean isAsync();

    public abstract String getContextPath();

    public abstract String getServletPath();

    public abstract Wrapper getWrapper();
}
