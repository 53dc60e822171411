package sdk;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.context.Scope;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.CountDownLatch;

/** Two requests that each hold a connection for half a second, from a pool of the size given. */
final class Pool {
    private static final int MILLIS = 500;

    private Pool() {}

    public static void main(String[] arguments) throws InterruptedException {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl("jdbc:h2:mem:pool");
        config.setMinimumIdle(Integer.parseInt(arguments[0]));
        config.setMaximumPoolSize(Integer.parseInt(arguments[0]));
        try (HikariDataSource pool = new HikariDataSource(config)) {
            // Connections are there, and classes loaded, before anybody is measured.
            while (pool.getHikariPoolMXBean().getIdleConnections() < config.getMinimumIdle()) {
                Thread.sleep(10);
            }
            CountDownLatch held = new CountDownLatch(1);
            Thread first = new Thread(() -> request(pool, held));
            first.start();
            held.await();
            request(pool, held);
            first.join();
        }
    }

    private static void request(HikariDataSource pool, CountDownLatch held) {
        Span span = GlobalOpenTelemetry.getTracer("sdk-test")
                .spanBuilder("GET /orders")
                .setSpanKind(SpanKind.SERVER)
                .startSpan();
        try (Scope ignored = span.makeCurrent();
                Connection connection = pool.getConnection()) {
            held.countDown();
            Thread.sleep(MILLIS);
        } catch (SQLException | InterruptedException failure) {
            span.recordException(failure);
        } finally {
            span.end();
        }
    }
}
