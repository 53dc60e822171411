package java.lang;

import java.lang.ref.WeakReference;
import java.util.Iterator;
import java.util.List;
import java.util.RandomAccess;
import java.util.TimerTask;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;

/**
 * Carries the context of the code that hands work over to the thread that does it.
 *
 * <p>Each method here is called by spliced code: where a task is submitted, where it is run, or where it is dropped. What
 * the JDK's own carriers have a field for is wrapped there ({@link OtelrsTask}); all else is remembered by the task's
 * identity, weakly.
 */
public final class OtelrsTasks {
    private static final OtelrsTable CAPTURED = new OtelrsTable();

    /** How much of a queue is looked through for a task that waits there since before its class was ever remembered. */
    private static final int QUEUED = 10_000;

    /**
     * A FutureTask was made in one context and not submitted by the next step of its thread: from then on its submission
     * without a context must be remembered too, because it wins over the construction.
     */
    static boolean looseFutures;

    private OtelrsTasks() {}

    // ---- executors ------------------------------------------------------------------------------------------------

    /**
     * At the entry of a method that takes {@code task} over. Executors delegate to each other: only the outermost
     * remembers.
     *
     * @return what {@link #submitted} is to be given
     */
    public static Object submitting(Object task, Object executor) {
        OtelrsSlot slot = OtelrsBridge.slotOrNull();
        if (task == null) {
            return null;
        }
        if (slot == null || slot.current == null) {
            return submittingNone(task, slot);
        }
        if (slot.submitting == task || !OtelrsBridge.active()) {
            return null;
        }
        if (slot.lastCarrier == task) {
            // Its own field was filled on this thread, in this context, a moment ago.
            slot.lastCarrier = null;
        } else {
            OtelrsTaskKind kind = OtelrsTaskKind.of(task);
            if (kind.carriesNothing) {
                return null;
            }
            if (!kind.remembered) {
                kind.remembered = true;
                rememberQueued(task, executor);
            }
            CAPTURED.capture(task, slot.current);
        }
        return scope(slot, task);
    }

    /** {@link #submitting} at the entry of {@code execute} of a class that may be no executor. */
    public static Object submittingToExecutor(Object task, Object executor) {
        return executor instanceof Executor ? submitting(task, executor) : null;
    }

    /**
     * A task of a kind that others submit with a context: that this one has none must be remembered, or a second
     * submission of the same object would lend it its own.
     */
    private static Object submittingNone(Object task, OtelrsSlot known) {
        // The same ForkJoinTask never waits twice; a FutureTask's own context matters only if it was made elsewhere.
        if (task instanceof ForkJoinTask || (task instanceof FutureTask && !looseFutures) || !OtelrsBridge.active()) {
            return null;
        }
        OtelrsTaskKind kind = OtelrsTaskKind.of(task);
        if (kind.carriesNothing || !(kind.remembered || task instanceof FutureTask)) {
            return null;
        }
        OtelrsSlot slot = known == null ? OtelrsBridge.slot() : known;
        if (slot.submitting == task) {
            return null;
        }
        CAPTURED.capture(task, null);
        return scope(slot, task);
    }

    private static Object scope(OtelrsSlot slot, Object task) {
        Object outer = slot.submitting;
        slot.submitting = task;
        return outer == null ? slot : outer;
    }

    /** Before its class was remembered, the same object may have been queued with no context, and wait there still. */
    private static void rememberQueued(Object task, Object executor) {
        if (!(executor instanceof ThreadPoolExecutor)) {
            return;
        }
        BlockingQueue<Runnable> queue = ((ThreadPoolExecutor) executor).getQueue();
        if (!queue.getClass().getName().startsWith("java.util.concurrent.")) {
            return;
        }
        int seen = 0;
        for (Iterator<Runnable> tasks = queue.iterator(); tasks.hasNext() && seen < QUEUED; seen++) {
            if (tasks.next() == task) {
                CAPTURED.capture(task, null);
            }
        }
    }

    /** At the exit of a method that takes {@code task} over; a task that it refused by an exception is forgotten. */
    public static void submitted(Object token, Object task, Throwable thrown) {
        if (token == null) {
            return;
        }
        // The outermost submission's token is the slot itself.
        boolean outermost = token instanceof OtelrsSlot;
        OtelrsSlot slot = outermost ? (OtelrsSlot) token : OtelrsBridge.slot();
        slot.submitting = outermost ? null : token;
        if (thrown != null) {
            CAPTURED.release(task);
        }
        OtelrsSlot starts = slot.starts;
        if (starts != null) {
            slot.starts = null;
            if (thrown != null) {
                starts.start = null;
            }
        }
    }

    /** Carriers inside what an executor made of them, which alone it gives back when it drops them. */
    private static final OtelrsTable DECORATED = new OtelrsTable();

    /** The task is in the hands of its executor; what its own field holds is not remembered again. */
    public static void carried(Object task) {
        OtelrsSlot slot = OtelrsBridge.slotOrNull();
        if (slot == null || slot.lastCarrier == null) {
            return;
        }
        if (slot.lastCarrier != task) {
            // Weakly: the carrier may refer to what decorates it.
            DECORATED.put(task, new WeakReference<Object>(slot.lastCarrier));
        }
        slot.lastCarrier = null;
    }

    /** At the exit of a method that takes a task back. */
    public static void removed(Object task, boolean found) {
        if (found) {
            CAPTURED.release(task);
        }
    }

    /** A task was dropped, cancelled or refused: whoever runs it now submits it anew. */
    public static void dropped(Object task) throws IllegalAccessException {
        CAPTURED.release(task);
        OtelrsTask.releaseFrom(task);
        Object decorated = DECORATED.get(task);
        if (decorated != null) {
            OtelrsTask.releaseFrom(((WeakReference<?>) decorated).get());
        }
    }

    /** A task is refused: by an executor that is shut down, for good. */
    public static void refused(Object task, ThreadPoolExecutor executor) throws IllegalAccessException {
        if (executor.isShutdown()) {
            dropped(task);
        }
    }

    /** At the exit of a method that gives back what never ran. */
    public static void drained(Object tasks) throws IllegalAccessException {
        if (tasks instanceof List) {
            for (Object task : (List<?>) tasks) {
                dropped(task);
            }
        }
    }

    /** An array of tasks is about to be emptied. */
    public static void cleared(Object[] tasks) {
        for (Object task : tasks) {
            CAPTURED.release(task);
        }
    }

    /** In place of {@code queue.poll()} where what comes out is thrown away. */
    public static Object discard(BlockingQueue<?> queue) throws IllegalAccessException {
        Object task = queue.poll();
        if (task != null) {
            dropped(task);
        }
        return task;
    }

    /** In place of {@code task.run()} in a pool's own loop: what was not submitted with a context has none. */
    public static void run(Runnable task) {
        Object found = CAPTURED.release(task);
        OtelrsSlot slot = OtelrsBridge.slotOrNull();
        if (found == null && (slot == null || slot.current == null)) {
            task.run();
            return;
        }
        run(task, found, slot);
    }

    /** In place of {@code task.run()} anywhere else: what was not submitted at all is a plain call. */
    public static void runSubmitted(Runnable task) {
        Object found = CAPTURED.release(task);
        if (found == null) {
            task.run();
            return;
        }
        run(task, found, OtelrsBridge.slotOrNull());
    }

    private static void run(Runnable task, Object found, OtelrsSlot known) {
        OtelrsSlot slot = known == null ? OtelrsBridge.slot() : known;
        OtelrsContext saved = slot.current;
        Object submitting = slot.submitting;
        slot.submitting = null;
        slot.become(context(found), found == null ? null : task);
        try {
            task.run();
        } finally {
            slot.become(saved, null);
            slot.submitting = submitting;
        }
    }

    /** What the table answered with, as a context; that a submission had none is remembered as itself. */
    private static OtelrsContext context(Object found) {
        return found instanceof OtelrsContext ? (OtelrsContext) found : null;
    }

    // ---- the work of a pool, which is nobody's request ----------------------------------------------------------------

    /** At the entry of what a pool does for itself, such as making a worker; {@link #exit} ends it. */
    public static Object housekeeping() {
        OtelrsSlot slot = OtelrsBridge.slotOrNull();
        if (slot == null || slot.current == null) {
            return null;
        }
        OtelrsContext saved = slot.current;
        // Not become(): the task whose submission made the worker necessary is still to be handed over.
        slot.current = null;
        return saved;
    }

    /** At the entry of what makes a thread for {@code task}; {@link #housekept} ends it. */
    public static Object hosting(Object task) {
        return task != null && OtelrsTaskKind.of(task).carriesNothing ? housekeeping() : null;
    }

    /** At the exit of {@link #housekeeping} and {@link #hosting}. */
    public static void housekept(Object token) {
        if (token != null) {
            OtelrsBridge.slot().current = (OtelrsContext) token;
        }
    }

    // ---- fork and join --------------------------------------------------------------------------------------------

    /** At the entry of a method that takes a ForkJoinTask over; as {@link #submitting}. */
    public static Object forking(Object task) {
        return submitting(task, null);
    }

    /** The thread is about to execute {@code task} itself. */
    public static void invoking(Object task) {
        OtelrsSlot slot = OtelrsBridge.slotOrNull();
        if (slot != null && slot.current != null) {
            slot.direct = task;
        }
    }

    /** The thread is about to fork all tasks of an array or a list but the first, which it executes itself. */
    public static void invokingFirst(Object tasks) {
        OtelrsSlot slot = OtelrsBridge.slotOrNull();
        if (slot == null || slot.current == null) {
            return;
        }
        if (tasks instanceof Object[]) {
            Object[] array = (Object[]) tasks;
            slot.direct = array.length == 0 ? null : array[0];
        } else if (tasks instanceof List && tasks instanceof RandomAccess && !((List<?>) tasks).isEmpty()) {
            slot.direct = ((List<?>) tasks).get(0);
        }
    }

    /** At the entry of a method that executes {@code task}; the answer goes to {@link #exit}. */
    public static Object enter(Object task) {
        Object found = CAPTURED.release(task);
        OtelrsSlot slot = OtelrsBridge.slotOrNull();
        if (found == null && (slot == null || slot.current == null)) {
            return null;
        }
        if (slot == null) {
            slot = OtelrsBridge.slot();
        }
        if (slot.direct == task) {
            slot.direct = null;
            if (found == null) {
                return null;
            }
        }
        return enter(slot, context(found), found == null ? null : task);
    }

    /** Makes a context current, for a task or for none; the answer goes to {@link #exit}. */
    static Object enter(OtelrsSlot slot, OtelrsContext context, Object task) {
        OtelrsContext saved = slot.current;
        slot.become(context, task);
        return saved == null ? slot : saved;
    }

    /** At the exit: restores what was current before. */
    public static void exit(Object token) {
        if (token != null) {
            OtelrsBridge.slot().become(token instanceof OtelrsContext ? (OtelrsContext) token : null, null);
        }
    }

    // ---- carriers with a field of their own ---------------------------------------------------------------------------

    /**
     * Wraps the work that a FutureTask keeps in a private field; it may run its work again and again.
     *
     * @param carrier what owns the field
     */
    public static Object wrap(Object work, Object carrier) {
        OtelrsSlot slot = wrapping(work);
        if (slot == null) {
            return work;
        }
        if (slot.lastCarrier != null && slot.lastCarrier != carrier) {
            looseFutures = true;
        }
        slot.lastCarrier = carrier;
        return new OtelrsTask(slot.current, work, carrier, true);
    }

    /** {@link #wrap} for a carrier that no executor is given in its maker's context: its pool's timer submits it. */
    public static Object wrapScheduled(Object work, Object carrier) {
        OtelrsSlot slot = wrapping(work);
        return slot == null ? work : new OtelrsTask(slot.current, work, carrier, true);
    }

    /**
     * Wraps the work of a CompletableFuture's stage. It belongs to the code that attached the stage, whoever completes
     * the future and submits the stage then.
     */
    public static Object wrapStage(Object work) {
        OtelrsSlot slot = wrapping(work);
        return slot == null ? work : new OtelrsTask(slot.current, work, null, false);
    }

    private static OtelrsSlot wrapping(Object work) {
        OtelrsSlot slot = OtelrsBridge.slotOrNull();
        boolean nothing = slot == null || slot.current == null || work == null || work instanceof OtelrsTask
                || work instanceof OtelrsBridge.Internal || !OtelrsBridge.active() || OtelrsTaskKind.of(work).carriesNothing;
        return nothing ? null : slot;
    }

    /** At the entry of what runs a stage: one that was attached with no context has none, whatever the completer has. */
    public static Object enterStage(Object work) {
        OtelrsSlot slot = OtelrsBridge.slotOrNull();
        if (slot == null || slot.current == null || work == null || work instanceof OtelrsTask
                || work instanceof OtelrsBridge.Internal) {
            return null;
        }
        return enter(slot, null, null);
    }

    /** A listener is attached to a future; whoever runs it enters it by {@link #enter}. */
    public static void listening(Object listener) {
        OtelrsContext context = OtelrsBridge.current();
        if (context != null && listener != null && OtelrsBridge.active()) {
            OtelrsTaskKind.of(listener).remembered = true;
            CAPTURED.capture(listener, context);
        }
    }

    // ---- threads --------------------------------------------------------------------------------------------------

    /** A thread that was started while a task was being submitted: it is that task's, or a worker. */
    private static final class Start {
        final OtelrsContext context;
        final Object submitting;

        Start(OtelrsContext context, Object submitting) {
            this.context = context;
            this.submitting = submitting;
        }
    }

    /** Threads that a ThreadFactory made: workers, which live on and serve many. */
    private static final OtelrsTable WORKERS = new OtelrsTable();

    /** A ThreadFactory has made a thread. A virtual one is no worker: it is made for one task. */
    public static void made(Object thread) {
        if (thread != null && !thread.getClass().getName().startsWith("java.lang.VirtualThread")) {
            WORKERS.put(thread, thread.getClass());
        }
    }

    /** {@link #made} at the exit of {@code newThread} of a class that may be no factory. */
    public static void madeByFactory(Object thread, Object factory) {
        if (factory instanceof ThreadFactory) {
            made(thread);
        }
    }

    /** At the entry of a thread's start; the answer goes to {@link #submitted}. */
    public static Object starting(Object thread) {
        OtelrsContext context = OtelrsBridge.current();
        if (context == null) {
            return null;
        }
        // Within a submission it may still be the task's own; that is seen when it runs.
        boolean worker = OtelrsBridge.slot().submitting == null && WORKERS.get(thread) != null;
        return worker ? null : startingInScope(thread);
    }

    /** {@link #starting} of a thread that belongs to a scope of the JDK's, which makes one for each task. */
    public static Object startingInScope(Object thread) {
        return starting(thread, true);
    }

    /** {@link #startingInScope} of a virtual thread: there may be a million. */
    public static Object startingVirtual(Object thread) {
        return starting(thread, false);
    }

    private static Object starting(Object thread, boolean platform) {
        OtelrsSlot slot = OtelrsBridge.slotOrNull();
        if (slot == null || slot.current == null || slot.submitting == thread || !OtelrsBridge.active()
                || OtelrsTaskKind.of(thread).carriesNothing) {
            return null;
        }
        Object outer = slot.submitting;
        Object start = outer == null ? slot.current : new Start(slot.current, outer);
        slot.starts = platform ? OtelrsBridge.give((Thread) thread, start) : null;
        if (slot.starts == null) {
            CAPTURED.capture(thread, start);
        }
        return scope(slot, thread);
    }

    /** In place of {@code target.run()} in a thread's own run. */
    public static void runThread(Runnable target) {
        OtelrsContext context = startOf(target);
        if (context == null) {
            // Nothing here may keep what was captured: a worker's frame lasts as long as the worker.
            target.run();
            return;
        }
        run(target, context, OtelrsBridge.slot());
    }

    /** The context in which this thread was started to run {@code target}, or null. */
    private static OtelrsContext startOf(Runnable target) {
        Object found = takeStart();
        if (found instanceof Start && ((Start) found).submitting == target) {
            found = ((Start) found).context;
            // The task came here by its thread; its submission has been answered.
            CAPTURED.release(target);
        }
        return OtelrsTaskKind.of(target).worksForOthers ? null : context(found);
    }

    /** What this thread was started with, once. */
    private static Object takeStart() {
        OtelrsSlot slot = OtelrsBridge.given();
        if (slot == null || slot.start == null) {
            return CAPTURED.release(Thread.currentThread());
        }
        Object start = slot.start;
        slot.start = null;
        return start;
    }

    /** At the entry of the run of a class that extends Thread; the answer goes to {@link #exit}. */
    public static Object enterThread(Object thread) {
        Object found = thread == Thread.currentThread() ? takeStart() : null;
        return found instanceof OtelrsContext ? enter(OtelrsBridge.slot(), (OtelrsContext) found, null) : null;
    }

    // ---- timers ---------------------------------------------------------------------------------------------------

    /** The context of a timer's task that runs again and again: its submitter's once, and a link to it ever after. */
    private static final class Repeating {
        OtelrsContext next;

        Repeating(OtelrsContext next) {
            this.next = next;
        }
    }

    /** At the entry of a timer's scheduling; {@code period} is 0 for a task that runs once. */
    public static void scheduling(Object task, long period) {
        OtelrsContext context = OtelrsBridge.current();
        if (context != null && task != null && OtelrsBridge.active()) {
            CAPTURED.capture(task, period == 0 ? context : new Repeating(context));
        }
    }

    /** At the exit of a timer's scheduling. */
    public static void scheduled(Object task, Throwable thrown) {
        if (thrown != null) {
            CAPTURED.release(task);
        }
    }

    /** In place of {@code task.run()} in a timer's loop. */
    public static void runTimerTask(TimerTask task) {
        Object found = CAPTURED.get(task);
        OtelrsContext context;
        if (found instanceof Repeating) {
            context = ((Repeating) found).next;
            ((Repeating) found).next = context.asLink();
        } else {
            context = context(CAPTURED.release(task));
        }
        if (context == null) {
            task.run();
            return;
        }
        Object token = enter(OtelrsBridge.slot(), context, null);
        try {
            task.run();
        } finally {
            exit(token);
        }
    }

    // ---- publishers -----------------------------------------------------------------------------------------------

    /** An item in a publisher's buffer, with the context of the code that offered it. */
    private static final class Item {
        final OtelrsContext context;
        final Object item;

        Item(OtelrsContext context, Object item) {
            this.context = context;
            this.item = item;
        }
    }

    /** What goes into the buffer for {@code item}. */
    public static Object item(Object item) {
        OtelrsContext context = OtelrsBridge.current();
        return context == null || item == null || !OtelrsBridge.active() ? item : new Item(context, item);
    }

    /** In place of {@code subscriber.onNext(item)} where a publisher empties its buffer. */
    @SuppressWarnings("unchecked")
    public static void onNext(Flow.Subscriber<?> subscriber, Object buffered) {
        Flow.Subscriber<Object> receiver = (Flow.Subscriber<Object>) subscriber;
        if (!(buffered instanceof Item)) {
            receiver.onNext(buffered);
            return;
        }
        Item item = (Item) buffered;
        Object token = enter(OtelrsBridge.slot(), item.context, null);
        try {
            receiver.onNext(item.item);
        } finally {
            exit(token);
        }
    }
}
