// A compile-time stand-in: only the members that the glue names. The JDK brings the real class.
package java.net.http;

public abstract class HttpClient {
    public enum Version {
        HTTP_1_1,
        HTTP_2
    }
}
