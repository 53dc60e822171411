package java.lang;

import java.util.concurrent.Callable;

/** Advice for the JDK's executors. */
public final class OtelrsTasks {
    private OtelrsTasks() {}

    public static Object wrap(Object callable, String where) {
        if (callable == null) throw new NullPointerException();
        Callable<?> original = (Callable<?>) callable;
        return (Callable<Object>) new Callable<Object>() {
            public Object call() throws Exception {
                System.out.println("wrapped by " + where);
                return original.call();
            }
        };
    }

    public static void run(Runnable task) {
        System.out.println("before run");
        task.run();
        System.out.println("after run");
    }
}
