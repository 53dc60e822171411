package java.lang;

import java.nio.charset.StandardCharsets;

/** What the agent keeps of one thread, platform or virtual: its context, and the buffer that values are marshalled into. */
public final class OtelrsSlot {
    private static final byte[] NONE = new byte[0];
    private static final int INITIAL = 512;
    /** A buffer that one large statement has grown past this is given back. */
    private static final int KEPT = 8 * 1024;
    /** Longer values are cut here; the native side masks and cuts again at its own limits. */
    private static final int MAX_VALUE = 32 * 1024;
    /** Longer texts go through getBytes, whose copy is an intrinsic. */
    private static final int SHORT = 24;

    OtelrsContext current;
    /** The task whose captured context is current because of its submission; see {@link OtelrsTask}. */
    Object running;
    /** The carrier whose field was filled last in this context; its submission need not be remembered again. */
    Object lastCarrier;
    /** What is being submitted by the method that runs now; delegates remember it no second time. */
    Object submitting;
    /** The ForkJoinTask that this thread is about to execute itself, in its own context. */
    Object direct;

    /** What this thread was started with, until it runs: a context, or that and the task whose submission started it. */
    Object start;
    /** The slot of the thread that this one starts now. */
    OtelrsSlot starts;

    /** The application's code runs to fetch a value for a rule; see {@link OtelrsRules}. */
    boolean fetching;

    /** Made on first use: most virtual threads end without a span of their own. */
    byte[] payload = NONE;
    int length;

    OtelrsSlot() {}

    /** The thread's context, or null. */
    public OtelrsContext current() {
        return current;
    }

    /** Begins a payload. */
    public void clear() {
        length = 0;
    }

    /** Makes another context current, and says for which task, or null. */
    void become(OtelrsContext context, Object task) {
        current = context;
        running = task;
        direct = null;
        if (lastCarrier != null) {
            lastCarrier = null;
            OtelrsTasks.looseFutures = true;
        }
    }

    void release() {
        if (payload.length > KEPT) {
            payload = NONE;
        }
        length = 0;
    }

    /** Appends text; null is left out. Of a short one in ASCII, as most are, no bytes are allocated. */
    public void put(int key, String value) {
        if (value != null && !(value.length() <= SHORT && putAscii(key, value))) {
            String cut = value.length() > MAX_VALUE ? value.substring(0, MAX_VALUE) : value;
            byte[] bytes = cut.getBytes(StandardCharsets.UTF_8);
            put(key, bytes, 0, bytes.length);
        }
    }

    /** False when there is another character in it; nothing is appended then. */
    private boolean putAscii(int key, String value) {
        int before = length;
        int at = reserve(key, value.length());
        byte[] target = payload;
        for (int index = 0; index < value.length(); index++) {
            char character = value.charAt(index);
            if (character > 0x7f) {
                length = before;
                return false;
            }
            target[at + index] = (byte) character;
        }
        return true;
    }

    /** Appends bytes as they are. */
    public void put(int key, byte[] bytes, int offset, int count) {
        int size = Math.min(count, 4 * MAX_VALUE);
        int at = reserve(key, size);
        System.arraycopy(bytes, offset, payload, at, size);
    }

    /** Appends a whole number. */
    public void put(int key, long value) {
        int at = reserve(key, 10);
        byte[] target = payload;
        for (int index = 9; index >= 0; index--) {
            target[at + index] = (byte) (value & 0x7f);
            value >>>= 7;
        }
    }

    /** Appends the identity of a span that this one is linked to: trace id, span id, trace flags. */
    void putLink(OtelrsContext linked) {
        int at = reserve(OtelrsKeys.LINK, 25);
        write(at, linked.traceHigh);
        write(at + 8, linked.traceLow);
        write(at + 16, linked.spanId);
        payload[at + 24] = (byte) linked.flags;
    }

    private void write(int at, long value) {
        byte[] target = payload;
        for (int index = 0; index < 8; index++) {
            target[at + index] = (byte) (value >>> (56 - 8 * index));
        }
    }

    private int reserve(int key, int size) {
        int at = length;
        int needed = at + 5 + size;
        byte[] target = payload;
        if (needed > target.length) {
            target = new byte[Math.max(needed, Math.max(INITIAL, 2 * target.length))];
            System.arraycopy(payload, 0, target, 0, at);
            payload = target;
        }
        target[at] = (byte) key;
        // Groups of seven bits: a payload of texts and numbers is UTF-8 as a whole, and is checked as such.
        target[at + 1] = (byte) (size >>> 21 & 0x7f);
        target[at + 2] = (byte) (size >>> 14 & 0x7f);
        target[at + 3] = (byte) (size >>> 7 & 0x7f);
        target[at + 4] = (byte) (size & 0x7f);
        length = needed;
        return at + 5;
    }
}
