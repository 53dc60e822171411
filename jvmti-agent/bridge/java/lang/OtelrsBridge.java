package java.lang;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Where spliced code meets the agent: the current context of a thread, and the few native calls.
 *
 * <p>It lives in {@code java.lang} because that is the one package which every class of every loader can name. It uses
 * public API only, but for {@link #give} and {@link OtelrsHeader}, so that one image serves every JDK; it is compiled for Java
 * 8. No method here may let anything escape into the application: callers are spliced code, whose guard drops what does.
 */
public final class OtelrsBridge {
    /** Raised with every change that a library of another version could not live with. */
    public static final int ABI = 6;

    /** W3C trace flag: the span is recorded. */
    public static final int SAMPLED = 1;

    /** {@code Record::PARENT_REMOTE}. */
    static final int PARENT_REMOTE = 1 << 8;

    private static final ThreadLocal<OtelrsSlot> SLOT = new ThreadLocal<OtelrsSlot>();

    // Written by the native side at each attachment, before any class can call in here. Not asked for by the initialiser: in a running
    // JVM the natives of an attached library are found only when its attachment has returned.
    private static boolean parentBased;
    private static long threshold;
    private static boolean traceContext;
    private static boolean baggage;
    private static boolean exceptionMessages;
    /** How often the agent came. */
    private static long attachment;
    /** How long after the end of its local root a context is still a parent, in nanoseconds. */
    private static long staleAfter;

    /** Set last; cleared when the native side gives up or is detached. Read without a fence, so a thread may see it a little late. */
    private static boolean active;

    private OtelrsBridge() {}

    // ---- natives, bound by exported symbol ------------------------------------------------------------------------

    /** False once the native side has given up. */
    private static native boolean end(
            int site,
            long traceHigh,
            long traceLow,
            long spanId,
            long parentSpanId,
            int flags,
            long start,
            long end,
            byte[] payload,
            int length);

    /**
     * Reads trace headers marshalled into {@code payload}. Answers with ids[0..1] trace id, ids[2] span id, ids[3]
     * trace flags or -1 without a valid parent, and the lengths of the trace state and the baggage in ids[4..5], whose
     * text it writes over {@code payload}.
     */
    private static native void extract(byte[] payload, int length, long[] ids);

    /** False when nothing was written. */
    private static native boolean traceparent(long traceHigh, long traceLow, long spanId, int flags, byte[] out);

    /** No room to remember a task's context or an object's note. */
    static final int TABLE_FULL = 0;
    /** A task was submitted again before it ran. */
    static final int AMBIGUOUS_TASK = 1;
    /** See {@link #abandoned}. */
    private static final int ABANDONED = 2;

    /** A value or header that a rule names could not be read, written or sent as it is. */
    static final int VALUE_NOT_READ = 3;

    /** Counts what was left alone, for one of the reasons above. */
    static native void declined(int reason);

    /** Counts a class without a method that a rule names, both marshalled into {@code payload}, and says so. */
    static native void absent(byte[] payload, int length);

    // ---- the current context --------------------------------------------------------------------------------------

    /** The thread's slot; made on first use. */
    public static OtelrsSlot slot() {
        OtelrsSlot slot = SLOT.get();
        if (slot == null) {
            slot = new OtelrsSlot();
            SLOT.set(slot);
        }
        return slot;
    }

    /** The context of this thread, or null. */
    public static OtelrsContext current() {
        OtelrsSlot slot = SLOT.get();
        return slot == null ? null : slot.current;
    }

    static OtelrsSlot slotOrNull() {
        return SLOT.get();
    }

    /** Some thread was given its slot: this JDK keeps thread-locals as those of today do. */
    private static boolean gave;

    /**
     * Gives a thread that is about to be started its slot, with what it is started with. Made by the thread itself it would
     * be the first object that many a thread makes, for which each gets a buffer of the heap.
     *
     * @return null when the thread has thread-locals already, or runs
     */
    static OtelrsSlot give(Thread thread, Object start) {
        // The monitor that start takes next, and holds while it makes sure that the thread is new: who holds it now would
        // keep start waiting as well. Without it a thread that two start at once could lose thread-locals of its own.
        synchronized (thread) {
            try {
                if (thread.isAlive() || SLOT.getMap(thread) != null) {
                    return null;
                }
                OtelrsSlot slot = new OtelrsSlot();
                slot.start = start;
                SLOT.createMap(thread, slot);
                gave = true;
                return slot;
            } catch (LinkageError e) {
                return null;
            }
        }
    }

    /** {@link #slotOrNull} of a thread that has just begun, and is not to get a place for thread-locals by being asked. */
    static OtelrsSlot given() {
        return gave && SLOT.getMap(Thread.currentThread()) != null ? SLOT.get() : null;
    }

    /** A number that differs after each attachment: between two of them nobody tells the glue what changes. */
    public static long attachment() {
        return attachment;
    }

    /** False once the native side has given up. */
    public static boolean active() {
        return active;
    }

    // ---- spans ----------------------------------------------------------------------------------------------------

    /**
     * Opens a span below the current one and makes it current; at the root, the sampler decides.
     *
     * @return the open span, to be handed to {@link #leave}; null when nothing is to be done
     */
    public static OtelrsContext open(int site) {
        return open(site, slot());
    }

    /**
     * The same.
     *
     * @param slot this thread's: to look for it costs as much as any other step of a span
     */
    public static OtelrsContext open(int site, OtelrsSlot slot) {
        return active ? enter(slot, child(site, slot.current)) : null;
    }

    /**
     * Opens a span whose parent, if any, came over the wire. The thread's current context is no parent of it.
     *
     * @param slot this thread's, whose payload holds the trace headers when {@code headers} is true
     */
    public static OtelrsContext openRemote(int site, OtelrsSlot slot, boolean headers) {
        if (!active) {
            return null;
        }
        return enter(slot, headers ? remoteChild(site, slot, null) : child(site, null));
    }

    /** The same of headers in a carrier: where they name no parent, the current context is it. */
    static OtelrsContext openExtracted(int site, OtelrsSlot slot) {
        return active ? enter(slot, remoteChild(site, slot, slot.current)) : null;
    }

    private static OtelrsContext enter(OtelrsSlot slot, OtelrsContext context) {
        context.previous = slot.current;
        slot.become(context, null);
        return context;
    }

    private static OtelrsContext child(int site, OtelrsContext current) {
        boolean late = current != null && current.isLinkOnly(staleAfter);
        OtelrsContext parent = late ? null : current;
        ThreadLocalRandom random = ThreadLocalRandom.current();
        long spanId = nonZero(random);
        if (parent != null) {
            return new OtelrsContext(site, parent.traceHigh, parent.traceLow, spanId, parent.spanId, parent.flags & 0xff,
                    parent.traceState, parent.baggage, parent.root);
        }
        long high = random.nextLong();
        long low = nonZero(random);
        OtelrsContext root =
                new OtelrsContext(site, high, low, spanId, 0, sampledRoot(low) ? SAMPLED : 0, null, null, null);
        root.link = current;
        return root;
    }

    private static OtelrsContext remoteChild(int site, OtelrsSlot slot, OtelrsContext otherwise) {
        long[] ids = new long[6];
        // What a fault on the native side leaves: no parent.
        ids[3] = -1;
        byte[] payload = slot.payload;
        extract(payload, slot.length, ids);
        int stateLength = (int) ids[4];
        String state = stateLength == 0 ? null : new String(payload, 0, stateLength, StandardCharsets.UTF_8);
        String baggage = ids[5] == 0
                ? null
                : new String(payload, stateLength, (int) ids[5], StandardCharsets.UTF_8);
        long spanId = nonZero(ThreadLocalRandom.current());
        if (ids[3] < 0) {
            OtelrsContext opened = child(site, otherwise);
            return baggage == null || otherwise != null
                    ? opened
                    : new OtelrsContext(
                            site, opened.traceHigh, opened.traceLow, opened.spanId, 0, opened.flags, null, baggage, null);
        }
        int parentFlags = (int) ids[3];
        boolean sampled = parentBased ? (parentFlags & SAMPLED) != 0 : sampledRoot(ids[1]);
        int flags = (parentFlags & 0xfe) | (sampled ? SAMPLED : 0) | PARENT_REMOTE;
        return new OtelrsContext(site, ids[0], ids[1], spanId, ids[2], flags, state, baggage, null);
    }

    private static boolean sampledRoot(long traceLow) {
        // As otelrs_sdk::sampler::SamplerPlan::decide, and as the OpenTelemetry Java SDK; Long.MAX_VALUE is "always".
        return threshold == Long.MAX_VALUE || Math.abs(traceLow) < threshold;
    }

    private static long nonZero(ThreadLocalRandom random) {
        long value;
        do {
            value = random.nextLong();
        } while (value == 0);
        return value;
    }

    /**
     * Takes the span off this thread without ending it. What was current before it is current again: restored, never
     * popped, because a StackOverflowError can part an exit from its entry.
     */
    public static void leave(OtelrsContext context) {
        leave(context, slot());
    }

    /**
     * The same.
     *
     * @param slot this thread's
     */
    public static void leave(OtelrsContext context, OtelrsSlot slot) {
        slot.become(context.previous, null);
        context.previous = null;
    }

    /** Makes an open span current again, on this thread; undone by {@link #leave}. */
    public static OtelrsContext resume(OtelrsContext context) {
        return enter(slot(), context);
    }

    /** The slot to marshal a span's values into, or null when it is not recorded or has ended already. */
    public static OtelrsSlot payloadOf(OtelrsContext context) {
        OtelrsSlot slot = slot();
        return begin(slot, context) ? slot : null;
    }

    /**
     * Begins the payload of a span; false when it is not recorded or has ended already.
     *
     * @param slot this thread's
     */
    public static boolean begin(OtelrsSlot slot, OtelrsContext context) {
        if (context.ended) {
            return false;
        }
        context.ended = true;
        if ((context.flags & SAMPLED) == 0) {
            context.endedAt = System.nanoTime();
            return false;
        }
        slot.length = 0;
        if (context.traceState != null) {
            slot.put(OtelrsKeys.TRACE_STATE, context.traceState);
        }
        if (context.link != null) {
            slot.putLink(context.link);
        }
        if (context.attributes != null) {
            OtelrsAttribute.putAll(slot, context.attributes);
        }
        return true;
    }

    /** Hands an ended span over, with the values in {@code slot}. */
    public static void record(OtelrsContext context, OtelrsSlot slot) {
        long now = System.nanoTime();
        context.endedAt = now;
        boolean goesOn = end(context.site, context.traceHigh, context.traceLow, context.spanId, context.parentSpanId,
                context.flags, context.start, now, slot.payload, slot.length);
        if (!goesOn) {
            // Never set here: the agent may have been detached meanwhile.
            active = false;
        }
        slot.release();
        // Tasks may hold the context for long; they need not hold the request too.
        context.link = null;
        context.attributes = null;
        context.kept = null;
        context.alsoKept = null;
    }

    /** A span was opened whose end never came: it is lost, and counted. */
    public static void abandoned() {
        declined(ABANDONED);
    }

    /** Marshals what may be said of a throwable: type and frames; its message only by option. */
    public static void putThrowable(OtelrsSlot slot, Throwable thrown) {
        try {
            slot.put(OtelrsKeys.EXCEPTION_TYPE, thrown.getClass().getName());
            if (exceptionMessages) {
                slot.put(OtelrsKeys.EXCEPTION_MESSAGE, thrown.getMessage());
            }
            slot.put(OtelrsKeys.EXCEPTION_STACK_TRACE, OtelrsStackTrace.of(thrown, exceptionMessages));
        } catch (Throwable ignored) {
            // The application's own getMessage or getStackTrace failed: the span goes without.
            slot.put(OtelrsKeys.EXCEPTION_TYPE, thrown.getClass().getName());
        }
    }

    /** Notes the throwable that ended the work of the local root; the first one wins. */
    public static void thrown(Throwable thrown) {
        OtelrsContext context = current();
        if (context != null && thrown != null && context.root.thrown == null) {
            context.root.thrown = thrown;
        }
    }

    /**
     * Names the route of the local root. A higher source wins over a lower one; of the same source the first wins, so
     * that an error page's route does not replace the request's.
     */
    public static void route(int source, Object contextPath, Object route) {
        OtelrsContext context = current();
        if (context == null || route == null) {
            return;
        }
        OtelrsContext root = context.root;
        if (source > root.routeSource) {
            root.routeSource = source;
            root.route = route.toString();
            if (contextPath != null) {
                root.contextPath = contextPath.toString();
            }
        }
    }

    // ---- propagation ----------------------------------------------------------------------------------------------

    /** Takes the trace headers of an outgoing request, name and value. */
    public interface Carrier {
        /** Replaces the header of this name. */
        void set(String name, String value);
    }

    /** Writes the headers that the propagators ask for. */
    public static void inject(OtelrsContext context, Carrier carrier) {
        if (traceContext) {
            byte[] text = new byte[55];
            if (!traceparent(context.traceHigh, context.traceLow, context.spanId, context.flags & 0xff, text)) {
                return;
            }
            carrier.set("traceparent", new String(text, StandardCharsets.ISO_8859_1));
            if (context.traceState != null) {
                carrier.set("tracestate", context.traceState);
            }
        }
        if (baggage && context.baggage != null) {
            carrier.set("baggage", context.baggage);
        }
    }

    // ---- notes on objects -----------------------------------------------------------------------------------------

    /** What was noted of an object, by identity, or null. */
    public static Object note(Object of) {
        return OtelrsTable.NOTES.get(of);
    }

    /** Notes something of an object; it is collectable with the object. The note must not refer to the object. */
    public static void note(Object of, Object note) {
        OtelrsTable.NOTES.put(of, note);
    }

    /** Notes something of an object of which nothing is noted. */
    public static void noteFirst(Object of, Object note) {
        OtelrsTable.NOTES.putFirst(of, note);
    }

    /** Drops what was noted of an object. */
    public static void forget(Object of) {
        OtelrsTable.NOTES.remove(of);
    }

    /** Work of the agent itself, which is never wrapped. */
    public interface Internal {}
}
