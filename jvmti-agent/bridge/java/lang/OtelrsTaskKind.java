package java.lang;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ForkJoinWorkerThread;

/** What is known of the tasks, targets and threads of one class. */
final class OtelrsTaskKind {
    private static final ClassValue<OtelrsTaskKind> KINDS = new ClassValue<OtelrsTaskKind>() {
        @Override
        protected OtelrsTaskKind computeValue(Class<?> type) {
            return new OtelrsTaskKind(type);
        }
    };

    /**
     * Beginnings of the names of classes whose objects work for whoever comes: the JDK's own workers, and what servers
     * submit to serve a socket. A virtual thread submits itself at every unpark; a publisher's task delivers the items of
     * many.
     */
    private static final String[] NOBODYS = {
        "java.lang.VirtualThread$",
        "java.util.TimerThread",
        "java.util.concurrent.DelayScheduler",
        "java.util.concurrent.SubmissionPublisher$ConsumerTask",
        "java.lang.ref.",
        "jdk.",
        "sun.",
        "com.sun.",
        "org.apache.tomcat.util.net.",
        "org.apache.tomcat.util.threads.",
        "org.apache.coyote.",
        "org.eclipse.jetty.io.",
        "org.eclipse.jetty.util.thread.",
        "org.xnio.",
        "io.netty.",
    };

    /** Nothing is captured for it. */
    final boolean carriesNothing;
    /** As a thread's target it lives on and serves many submitters. */
    final boolean worksForOthers;
    /** One of the class was remembered by its identity: from then on those without a context are as well. */
    boolean remembered;

    private OtelrsTaskKind(Class<?> type) {
        // A stage keeps its context in its own field.
        boolean nobodys = CompletableFuture.AsynchronousCompletionTask.class.isAssignableFrom(type)
                || ForkJoinWorkerThread.class.isAssignableFrom(type);
        String name = type.getName();
        for (int index = 0; index < NOBODYS.length && !nobodys; index++) {
            nobodys = name.startsWith(NOBODYS[index]);
        }
        carriesNothing = nobodys;
        worksForOthers = nobodys || name.equals("java.util.concurrent.ThreadPoolExecutor$Worker");
    }

    static OtelrsTaskKind of(Object object) {
        return KINDS.get(object.getClass());
    }
}
