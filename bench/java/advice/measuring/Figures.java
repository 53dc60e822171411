package advice;

import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Collectors;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ScalarResult;

/** Puts what {@link Burst} found out beside the time of each iteration; JMH calls that a profiler. */
public class Figures implements InternalProfiler {
    private static final Map<String, Double> LATEST = new ConcurrentSkipListMap<>();

    static void put(String name, double value) {
        LATEST.put(name, value);
    }

    @Override
    public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
        LATEST.clear();
    }

    @Override
    public Collection<? extends Result<?>> afterIteration(
            BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
        return LATEST.entrySet().stream()
                .map(figure -> new ScalarResult(figure.getKey(), figure.getValue(), "a burst", AggregationPolicy.AVG))
                .collect(Collectors.toList());
    }

    @Override
    public String getDescription() {
        return "allocation, spans received, processor time of the agent's thread";
    }
}
