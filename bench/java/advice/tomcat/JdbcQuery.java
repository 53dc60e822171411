package advice;

import advice.application.MemoryDriver;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.Properties;
import org.apache.catalina.LifecycleException;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/**
 * One request to Tomcat whose servlet makes many queries: what is not a query is a small part of it, and the same whatever
 * the number of queries. A query is a statement that is prepared, executed and closed.
 */
public class JdbcQuery extends Burst {
    private static final String URL = "jdbc:memory:orders";
    private static final String SQL = "SELECT id, customer, total FROM orders WHERE id = ?";

    private static final int FEW = 10;
    /** Requests with few queries, of which the agent's queue holds the spans. */
    private static final int WARM_UP_BURST = 100;

    @Param("1000")
    public int queries;

    /** Whether the queries are made by a driver within one call of another driver, which alone makes a span. */
    @Param("false")
    public boolean nested;

    /** Requests with few queries before anything else: of those with many too few are made to compile the way there. */
    @Param("20000")
    public int warmUpRequests;

    private InMemoryTomcat tomcat;
    /** Queries that the next request makes. */
    private int asked;
    private Connection[] connections;
    private PreparedStatement outer;

    @Setup(Level.Trial)
    public void start() throws Exception {
        List<Driver> drivers = Copies.of(MemoryDriver.class, Driver.class, classes);
        connections = new Connection[classes];
        for (int number = 0; number < classes; number++) {
            connections[number] = drivers.get(number).connect(URL, new Properties());
        }
        if (nested) {
            PreparedStatement[] statements = new PreparedStatement[classes];
            for (int number = 0; number < classes; number++) {
                statements[number] = connections[number].prepareStatement(SQL);
            }
            outer = new MemoryDriver().connect(URL, new Properties()).prepareStatement(SQL);
            outer.setObject(1, (Runnable) () -> executeAll(statements));
        }
        tomcat = new InMemoryTomcat(List.of(new Queries()));
        warmUp();
    }

    private void warmUp() throws IOException, InterruptedException {
        for (int request = 1; request <= warmUpRequests; request++) {
            approach();
            if (request % WARM_UP_BURST == 0) {
                settle(WARM_UP_BURST * spansAnApproach());
            }
        }
    }

    @Benchmark
    public void serve() throws IOException {
        asked = queries;
        tomcat.serve(0);
    }

    @Override
    protected int spansACall() {
        return spans(queries);
    }

    @Override
    protected void approach() throws IOException {
        asked = FEW;
        tomcat.serve(0);
    }

    @Override
    protected int spansAnApproach() {
        return spans(FEW);
    }

    private int spans(int queries) {
        return 1 + (nested ? 1 : queries);
    }

    @TearDown(Level.Trial)
    public void stop() throws LifecycleException {
        tomcat.stop();
    }

    private final class Queries extends HttpServlet {
        private static final long serialVersionUID = 1L;

        @Override
        protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
            try {
                if (nested) {
                    outer.executeQuery();
                } else {
                    queryAll();
                }
            } catch (SQLException failure) {
                throw new IOException(failure);
            }
            response.getOutputStream().write('1');
        }
    }

    private void queryAll() throws SQLException {
        for (int query = 0; query < asked; query++) {
            try (PreparedStatement statement = connections[nextClass()].prepareStatement(SQL)) {
                statement.executeQuery();
            }
        }
    }

    private void executeAll(PreparedStatement[] statements) {
        try {
            for (int query = 0; query < asked; query++) {
                statements[nextClass()].executeQuery();
            }
        } catch (SQLException failure) {
            throw new IllegalStateException(failure);
        }
    }
}
