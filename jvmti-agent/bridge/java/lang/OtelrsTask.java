package java.lang;

import java.lang.reflect.Field;
import java.util.concurrent.Callable;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Work with the context it was submitted in, kept in the private field where a carrier of the JDK keeps its work.
 *
 * <p>One class for every form, because a carrier calls only the method of its field's type. The context is used once: a
 * periodic task's later runs are not the submitter's, but linked to it.
 */
@SuppressWarnings({"unchecked", "rawtypes"})
final class OtelrsTask
        implements Runnable, Callable, Supplier, Function, BiFunction, Consumer, BiConsumer {
    private OtelrsContext captured;
    private final Object work;
    private Object carrier;
    /** The carrier may run it again; it lets go of it when it will not. */
    private final boolean repeats;
    private boolean ran;

    OtelrsTask(OtelrsContext captured, Object work, Object carrier, boolean repeats) {
        this.captured = captured;
        this.work = work;
        this.carrier = carrier;
        this.repeats = repeats;
    }

    /**
     * The slot whose context this task replaced, or null when the thread runs the carrier because of a submission: work
     * belongs to the code that submitted it, and that context is current already.
     */
    private OtelrsSlot enter() {
        OtelrsContext context = ran && captured != null ? captured.asLink() : captured;
        captured = repeats ? context : null;
        ran = true;
        OtelrsSlot slot = OtelrsBridge.slotOrNull();
        boolean submitted = slot != null && carrier != null && slot.running == carrier;
        carrier = null;
        if (context == null || submitted) {
            return null;
        }
        if (slot == null) {
            slot = OtelrsBridge.slot();
        }
        saved = slot.current;
        slot.become(context, null);
        return slot;
    }

    /** Where carriers of {@code java.util.concurrent} keep their work, which may be a carrier too. */
    private static final String[] WORK = {"callable", "runnable", "fn", "task"};
    /** No carrier is wrapped deeper than this. */
    private static final int DEPTH = 8;

    /** Lets a carrier that its executor will not run go without its context; the work stays as it is. */
    static void releaseFrom(Object carrier) throws IllegalAccessException {
        releaseFrom(carrier, DEPTH);
    }

    private static void releaseFrom(Object carrier, int depth) throws IllegalAccessException {
        if (carrier instanceof OtelrsTask) {
            OtelrsTask task = (OtelrsTask) carrier;
            task.captured = null;
            task.carrier = null;
            releaseFrom(task.work, depth - 1);
        } else if (carrier != null && depth > 0) {
            for (Class<?> type = carrier.getClass(); type != null; type = type.getSuperclass()) {
                // Its fields may be looked at: it is in the module of java.lang.
                if (type.getName().startsWith("java.util.concurrent.")) {
                    releaseFromFields(carrier, type, depth);
                }
            }
        }
    }

    private static void releaseFromFields(Object carrier, Class<?> type, int depth) throws IllegalAccessException {
        for (Field field : type.getDeclaredFields()) {
            for (String name : WORK) {
                if (field.getName().equals(name)) {
                    field.setAccessible(true);
                    releaseFrom(field.get(carrier), depth - 1);
                }
            }
        }
    }

    /** Written by {@link #enter} and read by the same thread; a carrier runs its work on one thread at a time. */
    private OtelrsContext saved;

    private void exit(OtelrsSlot slot) {
        if (slot != null) {
            slot.become(saved, null);
            saved = null;
        }
    }

    @Override
    public void run() {
        OtelrsSlot slot = enter();
        try {
            ((Runnable) work).run();
        } finally {
            exit(slot);
        }
    }

    @Override
    public Object call() throws Exception {
        OtelrsSlot slot = enter();
        try {
            return ((Callable) work).call();
        } finally {
            exit(slot);
        }
    }

    @Override
    public Object get() {
        OtelrsSlot slot = enter();
        try {
            return ((Supplier) work).get();
        } finally {
            exit(slot);
        }
    }

    @Override
    public Object apply(Object argument) {
        OtelrsSlot slot = enter();
        try {
            return ((Function) work).apply(argument);
        } finally {
            exit(slot);
        }
    }

    @Override
    public Object apply(Object first, Object second) {
        OtelrsSlot slot = enter();
        try {
            return ((BiFunction) work).apply(first, second);
        } finally {
            exit(slot);
        }
    }

    @Override
    public void accept(Object argument) {
        OtelrsSlot slot = enter();
        try {
            ((Consumer) work).accept(argument);
        } finally {
            exit(slot);
        }
    }

    @Override
    public void accept(Object first, Object second) {
        OtelrsSlot slot = enter();
        try {
            ((BiConsumer) work).accept(first, second);
        } finally {
            exit(slot);
        }
    }

    /** Function and BiFunction both bring an andThen of this shape; no carrier calls either. */
    @Override
    public OtelrsTask andThen(Function after) {
        throw new UnsupportedOperationException();
    }

    /** What FutureTask.toString shows is the application's work, as without us. */
    @Override
    public String toString() {
        return work.toString();
    }
}
