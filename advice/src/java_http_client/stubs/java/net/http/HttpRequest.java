// A compile-time stand-in: only the members that the glue names. The JDK brings the real class.
package java.net.http;

import java.net.URI;

public abstract class HttpRequest {
    public abstract URI uri();

    public abstract String method();
}
