package advice;

/** What a browser sends. */
final class Requests {
    static final String[][] HEADERS = {
        {"Host", "shop.example:8080"},
        {"User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"},
        {"Accept", "application/json"},
        {"Accept-Language", "en-GB,en;q=0.5"},
        {"Accept-Encoding", "gzip, deflate, br"},
        {"Connection", "keep-alive"},
    };

    private Requests() {}

    /** A request for a path, as it comes over a connection. */
    static String of(String path) {
        StringBuilder text = new StringBuilder("GET " + path + "?expand=lines HTTP/1.1\r\n");
        for (String[] header : HEADERS) {
            text.append(header[0]).append(": ").append(header[1]).append("\r\n");
        }
        return text.append("\r\n").toString();
    }
}
