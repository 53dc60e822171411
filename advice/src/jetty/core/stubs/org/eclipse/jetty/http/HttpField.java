// A compile-time stand-in: only the members that the glue names. The application brings the real class.
package org.eclipse.jetty.http;

public abstract class HttpField {
    public abstract String getName();

    public abstract String getValue();
}
