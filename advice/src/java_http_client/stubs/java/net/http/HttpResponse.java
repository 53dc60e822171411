// A compile-time stand-in: only the members that the glue names. The JDK brings the real class.
package java.net.http;

public interface HttpResponse<T> {
    int statusCode();

    HttpClient.Version version();
}
