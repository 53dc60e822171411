package advice;

import advice.application.OrderServlet;
import jakarta.servlet.Servlet;
import java.io.IOException;
import org.apache.catalina.LifecycleException;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/** A request to Tomcat, from its bytes to those of its answer. */
public class TomcatRequest extends Burst {
    private InMemoryTomcat tomcat;

    @Setup(Level.Trial)
    public void start() throws ReflectiveOperationException, LifecycleException {
        tomcat = new InMemoryTomcat(Copies.of(OrderServlet.class, Servlet.class, classes));
    }

    @Benchmark
    public void serve() throws IOException {
        tomcat.serve(nextClass());
    }

    @Override
    protected int spansACall() {
        return 1;
    }

    @Override
    protected void approach() throws IOException {
        serve();
    }

    @TearDown(Level.Trial)
    public void stop() throws LifecycleException {
        tomcat.stop();
    }
}
