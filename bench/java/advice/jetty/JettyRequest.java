package advice;

import advice.application.OrderServlet;
import jakarta.servlet.Servlet;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/** A request to Jetty, from its parsed headers to the bytes of its answer. */
public class JettyRequest extends Burst {
    private InMemoryJetty jetty;

    @Setup(Level.Trial)
    public void start() throws Exception {
        jetty = new InMemoryJetty(Copies.of(OrderServlet.class, Servlet.class, classes));
    }

    @Benchmark
    public void serve() {
        jetty.serve(nextClass());
    }

    @Override
    protected int spansACall() {
        return 1;
    }

    @Override
    protected void approach() {
        serve();
    }

    @TearDown(Level.Trial)
    public void stop() throws Exception {
        jetty.stop();
    }
}
