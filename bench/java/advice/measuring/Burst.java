package advice;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.IterationParams;

/**
 * What surrounds each iteration of a benchmark: one burst of work, short enough for the agent's queue to hold all of its
 * spans, and a pause in which they are sent. Every variant pauses alike, so that none has warmer caches than another. Under
 * otelrs every other burst runs with its advice switched off.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SingleShotTime)
public abstract class Burst {
    /** Between two questions to the collector, and at least once after a burst; longer than the agent gathers a batch. */
    private static final long PAUSE_MILLIS = 4;

    /** No span for so long: what is missing will not come. */
    private static final long QUIET_NANOS = 2_000_000_000L;

    /** So often a little is done before the clock starts: while all pause, others take the processor's caches. */
    private static final int APPROACH = 10;

    private static final com.sun.management.ThreadMXBean THREADS =
            (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** Of how many classes the application's part of the work is: 1 lets the compiler inline, 5 are too many for that. */
    @Param("1")
    public int classes;

    /** Whether the collector is to receive spans from this process. */
    private final boolean isTraced = Boolean.getBoolean("advice.traced");

    private final Collector collector = new Collector(Integer.getInteger("advice.collector"));
    private final AgentThread agentThread = new AgentThread();
    private final AdviceSwitch advice = new AdviceSwitch();

    /** Whether the advice of otelrs runs in this burst; of an agent that cannot be switched it always does. */
    private boolean isOn = true;

    private int turn;
    private long receivedBefore;
    private long agentNanosBefore;
    private long allocatedBefore;

    @Setup(Level.Trial)
    public void countFromHere() throws IOException {
        receivedBefore = collector.spans();
        agentNanosBefore = agentThread.nanos();
    }

    @Setup(Level.Iteration)
    public void begin() throws IOException, ReflectiveOperationException {
        boolean on = !isOn;
        isOn = !advice.set(on) || on;
        for (int call = 0; call < APPROACH; call++) {
            approach();
        }
        allocatedBefore = THREADS.getCurrentThreadAllocatedBytes();
    }

    @TearDown(Level.Iteration)
    public void end(IterationParams iteration) throws IOException, InterruptedException {
        long allocated = THREADS.getCurrentThreadAllocatedBytes() - allocatedBefore;
        Figures.put("allocated", allocated);
        Figures.put("bridge", isBridgeDefined() ? 1 : 0);
        Figures.put("on", isOn ? 1 : 0);
        settle(iteration.getBatchSize() * spansACall() + APPROACH * spansAnApproach());
    }

    /** Waits until so many spans have come, or none has for long. */
    protected final void settle(int spans) throws IOException, InterruptedException {
        int made = isTraced && isOn ? spans : 0;
        long received = await(receivedBefore + made);
        long agentNanos = agentThread.nanos();
        Figures.put("made", made);
        Figures.put("received", received - receivedBefore);
        Figures.put("agent-thread", agentNanos - agentNanosBefore);
        receivedBefore = received;
        agentNanosBefore = agentNanos;
    }

    /** Spans that one call of the benchmark makes where it is traced. */
    protected abstract int spansACall();

    /** A little of what a burst does. */
    protected abstract void approach() throws IOException;

    /** Spans that it makes. */
    protected int spansAnApproach() {
        return spansACall();
    }

    /** The number of the class that works next. */
    protected final int nextClass() {
        turn = turn + 1 < classes ? turn + 1 : 0;
        return turn;
    }

    private long await(long expected) throws IOException, InterruptedException {
        long received = receivedBefore;
        long since = System.nanoTime();
        do {
            Thread.sleep(PAUSE_MILLIS);
            long known = received;
            received = collector.spans();
            if (received != known) {
                since = System.nanoTime();
            }
        } while (received < expected && System.nanoTime() - since < QUIET_NANOS);
        return received;
    }

    /** Whatever otelrs puts into a class calls its bridge: where there is none, no class was changed. */
    private static boolean isBridgeDefined() {
        try {
            Class.forName("java.lang.OtelrsBridge", false, null);
            return true;
        } catch (ClassNotFoundException absent) {
            return false;
        }
    }
}
