// A compile-time stand-in: only the members that the glue names. The application brings the real class.
package org.apache.coyote;

public abstract class Response {
    public abstract int getStatus();

    public abstract boolean isCommitted();
}
