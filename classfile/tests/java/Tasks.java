import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.LinkedBlockingQueue;

/** Runs tasks on the JDK's own executor, which the test has patched. */
public class Tasks {
    public static void main(String[] args) throws Exception {
        FutureTask<String> task = new FutureTask<>(() -> "result");
        task.run();
        System.out.println(task.get());
        FutureTask<String> fromRunnable = new FutureTask<>(() -> {}, "given");
        fromRunnable.run();
        System.out.println(fromRunnable.get());
        ThreadPoolExecutor pool = new ThreadPoolExecutor(1, 1, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>());
        pool.execute(() -> System.out.println("task"));
        System.out.println(pool.submit((Callable<String>) () -> "called").get());
        pool.shutdown();
        pool.awaitTermination(1, TimeUnit.MINUTES);
    }
}
