package java.lang;

/**
 * A context and, in the same object, the span that made it: identity, start, and what its advice keeps until its end.
 *
 * <p>Identity never changes; the rest is written by the thread that runs the span, and handed over in one native call
 * at its exit. A span whose exit never comes is garbage like any other object.
 */
public final class OtelrsContext {
    final int site;
    final long traceHigh;
    final long traceLow;
    final long spanId;
    final long parentSpanId;
    final int flags;
    final long start;
    final String traceState;
    final String baggage;
    /** The first span of this trace in this process; itself for that span. */
    final OtelrsContext root;

    /** Not the parent of anything: a span opened in it is the root of its own trace, linked to this one. */
    private boolean linkOnly;
    /** Of a root: the span that it is linked to, or null. */
    OtelrsContext link;
    /** Of a local root that has ended: when, by {@link System#nanoTime}; otherwise 0. */
    long endedAt;

    /** What was current on this thread before it. */
    OtelrsContext previous;
    boolean ended;

    /** Kept for the span's advice; the meaning is its own. */
    public Object kept;
    /** Kept for the span's advice; the meaning is its own. */
    public Object alsoKept;
    /** Of a SERVER span: where the web application is mounted. */
    public String contextPath;

    /** What rules noted of the span, the latest first, or null. */
    OtelrsAttribute attributes;

    String route;
    int routeSource;
    Throwable thrown;

    OtelrsContext(
            int site,
            long traceHigh,
            long traceLow,
            long spanId,
            long parentSpanId,
            int flags,
            String traceState,
            String baggage,
            OtelrsContext root) {
        this.site = site;
        this.traceHigh = traceHigh;
        this.traceLow = traceLow;
        this.spanId = spanId;
        this.parentSpanId = parentSpanId;
        this.flags = flags;
        this.traceState = traceState;
        this.baggage = baggage;
        this.root = root == null ? this : root;
        this.start = System.nanoTime();
    }

    /** The same span, as something to link to and never a parent. */
    OtelrsContext asLink() {
        if (linkOnly) {
            return this;
        }
        OtelrsContext link = new OtelrsContext(0, traceHigh, traceLow, spanId, 0, flags, traceState, null, null);
        link.linkOnly = true;
        link.ended = true;
        return link;
    }

    /** Whether work in this context comes so late that it is no part of what submitted it. */
    boolean isLinkOnly(long staleAfter) {
        // A span that is still open is a parent however long ago its root ended.
        return linkOnly || (ended && root.endedAt != 0 && System.nanoTime() - root.endedAt > staleAfter);
    }

    /** Which advice opened it. */
    public int site() {
        return site;
    }

    /** The route noted so far, or null. */
    public String route() {
        return route;
    }

    /** The throwable noted so far, or null. */
    public Throwable thrown() {
        return thrown;
    }
}
