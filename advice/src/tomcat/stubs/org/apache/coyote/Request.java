// A compile-time stand-in: only the members that the glue names. The application brings the real class.
package org.apache.coyote;

import org.apache.tomcat.util.buf.MessageBytes;
import org.apache.tomcat.util.http.MimeHeaders;

public abstract class Request {
    public abstract MimeHeaders getMimeHeaders();

    public abstract MessageBytes scheme();

    public abstract MessageBytes method();

    public abstract String getMethod();

    public abstract MessageBytes requestURI();

    public abstract MessageBytes queryString();

    public abstract MessageBytes protocol();

    public abstract MessageBytes remoteAddr();

    public abstract int getRemotePort();

    public abstract void action(ActionCode code, Object parameter);

    public abstract Object getNote(int position);

    public abstract void setNote(int position, Object value);
}
