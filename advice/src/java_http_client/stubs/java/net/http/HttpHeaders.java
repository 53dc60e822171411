// A compile-time stand-in: only the members that the glue names. The JDK brings the real class.
package java.net.http;

import java.util.List;
import java.util.Map;
import java.util.function.BiPredicate;

public final class HttpHeaders {
    private HttpHeaders() {}

    public Map<String, List<String>> map() {
        throw new AssertionError();
    }

    public static HttpHeaders of(Map<String, List<String>> headers, BiPredicate<String, String> filter) {
        throw new AssertionError();
    }
}
