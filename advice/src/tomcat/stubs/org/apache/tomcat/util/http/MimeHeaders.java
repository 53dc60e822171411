// A compile-time stand-in: only the members that the glue names. The application brings the real class.
package org.apache.tomcat.util.http;

import org.apache.tomcat.util.buf.MessageBytes;

public abstract class MimeHeaders {
    public abstract int size();

    public abstract MessageBytes getName(int index);

    public abstract MessageBytes getValue(int index);
}
