package shop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** The spans that {@code otelrs view --json} has received so far: OTLP JSON, one request a line. */
final class Traces {
    static final int SERVER = 2;
    static final int CLIENT = 3;

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final ObjectMapper JSON = new ObjectMapper();

    private Traces() {}

    /** Waits for the server span of that path and for {@code count} spans in all in its trace. */
    static List<JsonNode> ofRequest(String path, int count) throws IOException, InterruptedException {
        Instant deadline = Instant.now().plus(PATIENCE);
        while (true) {
            List<JsonNode> all = received();
            List<JsonNode> trace =
                    all.stream()
                            .filter(span -> path.equals(attribute(span, "url.path")))
                            .findFirst()
                            .map(server -> in(all, server.get("traceId").asText()))
                            .orElse(new ArrayList<>());
            if (trace.size() >= count) {
                return trace;
            }
            if (Instant.now().isAfter(deadline)) {
                throw new AssertionError("wanted " + count + " spans for " + path + ", received " + all);
            }
            Thread.sleep(20);
        }
    }

    /** The only span that satisfies it. */
    static JsonNode one(List<JsonNode> spans, Predicate<JsonNode> which) {
        List<JsonNode> found = spans.stream().filter(which).collect(Collectors.toList());
        if (found.size() != 1) {
            throw new AssertionError("wanted one span, found " + found + " in " + spans);
        }
        return found.get(0);
    }

    static Predicate<JsonNode> kind(int kind) {
        return span -> span.get("kind").asInt() == kind;
    }

    static Predicate<JsonNode> childOf(JsonNode parent) {
        return span -> parent.get("spanId").asText().equals(span.path("parentSpanId").asText());
    }

    /** An attribute's value as text, null where the span has none of that name. */
    static String attribute(JsonNode span, String name) {
        for (JsonNode attribute : span.path("attributes")) {
            if (name.equals(attribute.get("key").asText())) {
                return attribute.get("value").elements().next().asText();
            }
        }
        return null;
    }

    private static List<JsonNode> in(List<JsonNode> spans, String trace) {
        return spans.stream()
                .filter(span -> trace.equals(span.get("traceId").asText()))
                .collect(Collectors.toList());
    }

    private static List<JsonNode> received() throws IOException {
        Path file = Paths.get(System.getProperty("traces"));
        String text = Files.exists(file) ? Files.readString(file) : "";
        List<JsonNode> spans = new ArrayList<>();
        // What follows the last line break is still being written.
        for (String line : text.substring(0, text.lastIndexOf('\n') + 1).split("\n")) {
            for (JsonNode resource : JSON.readTree(line).path("resourceSpans")) {
                for (JsonNode scope : resource.path("scopeSpans")) {
                    scope.path("spans").forEach(spans::add);
                }
            }
        }
        return spans;
    }
}
