package shop;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;
import static shop.Traces.CLIENT;
import static shop.Traces.SERVER;
import static shop.Traces.attribute;
import static shop.Traces.childOf;
import static shop.Traces.kind;
import static shop.Traces.one;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.junit4.SpringRunner;

/** Each test makes one request and looks at the trace of it: the test's own client, the server, the database. */
@RunWith(SpringRunner.class)
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
public class TracesOfRequestsTest {
    @LocalServerPort private int port;

    @Test
    public void aRequestWithOneQueryIsOneTrace() throws Exception {
        assertEquals(200, get("/goods/2"));

        List<JsonNode> trace = Traces.ofRequest("/goods/2", 3);
        assertEquals(3, trace.size());
        JsonNode server = one(trace, kind(SERVER));
        assertEquals("GET /goods/{id}", server.get("name").asText());
        assertEquals("/goods/{id}", attribute(server, "http.route"));
        assertEquals("200", attribute(server, "http.response.status_code"));

        JsonNode client = one(trace, span -> childOf(span).test(server));
        assertEquals(CLIENT, client.get("kind").asInt());
        assertEquals("", client.path("parentSpanId").asText());

        JsonNode query = one(trace, childOf(server));
        assertEquals("h2database", attribute(query, "db.system.name"));
        assertEquals("SELECT name FROM goods WHERE id = ?", attribute(query, "db.query.text"));
    }

    @Test
    public void workOnAnExecutorBelongsToTheRequest() throws Exception {
        assertEquals(200, get("/all/3"));

        List<JsonNode> trace = Traces.ofRequest("/all/3", 5);
        JsonNode server = one(trace, kind(SERVER));
        List<JsonNode> queries = trace.stream().filter(childOf(server)).collect(Collectors.toList());
        assertEquals(3, queries.size());
        for (JsonNode query : queries) {
            assertEquals("h2database", attribute(query, "db.system.name"));
        }
    }

    @Test
    public void aFailureIsMarkedOnTheServerSpan() throws Exception {
        assertEquals(500, get("/broken/on-purpose"));

        JsonNode server = one(Traces.ofRequest("/broken/on-purpose", 2), kind(SERVER));
        assertEquals("GET /broken/{why}", server.get("name").asText());
        assertEquals("500", attribute(server, "http.response.status_code"));
        assertTrue(attribute(server, "error.type") != null);
        assertEquals(2, server.path("status").path("code").asInt());
    }

    @Test
    public void aPathThatNobodyServesGivesNoRouteOfItsOwn() throws Exception {
        assertEquals(404, get("/nowhere/4711"));

        JsonNode server = one(Traces.ofRequest("/nowhere/4711", 2), kind(SERVER));
        assertTrue(server.get("name").asText(), !server.get("name").asText().contains("4711"));
        assertNull(attribute(server, "error.type"));
    }

    private int get(String path) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build();
        return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    }
}
