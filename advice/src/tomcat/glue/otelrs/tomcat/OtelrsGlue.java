package otelrs.tomcat;

import java.util.concurrent.atomic.AtomicInteger;
import org.apache.catalina.Wrapper;
import org.apache.catalina.core.StandardWrapper;
import org.apache.coyote.ActionCode;
import org.apache.coyote.Request;
import org.apache.coyote.Response;
import org.apache.tomcat.util.buf.ByteChunk;
import org.apache.tomcat.util.buf.MessageBytes;
import org.apache.tomcat.util.http.MimeHeaders;

/**
 * Fetches what a SERVER span says from Tomcat's own request, whose bytes are there without decoding them.
 *
 * <p>It names no Servlet type, so that it serves {@code javax.servlet} and {@code jakarta.servlet} alike. Lives in the
 * loader of CoyoteAdapter.
 */
public final class OtelrsGlue {
    /** CoyoteAdapter.ADAPTER_NOTES: where the connector keeps its own request. */
    private static final int ADAPTER_NOTE = 1;
    /** Tomcat leaves the notes from 17 on to others; it uses none of them. */
    private static final int SPAN_NOTE = 29;

    /** How often a servlet's mappings were changed; 0 where nobody has told us, and then none are remembered. */
    private static final AtomicInteger CHANGES = new AtomicInteger();

    private OtelrsGlue() {}

    /** CoyoteAdapter.service, entry: a request begins. */
    public static OtelrsContext enter(Request request) {
        Object left = request.getNote(SPAN_NOTE);
        if (left != null) {
            // An asynchronous request whose connection broke: Tomcat reuses the request without a last dispatch.
            request.setNote(SPAN_NOTE, null);
            OtelrsBridge.abandoned();
        }
        if (!OtelrsBridge.active()) {
            return null;
        }
        OtelrsSlot slot = OtelrsBridge.slot();
        slot.clear();
        boolean traced = false;
        MimeHeaders headers = request.getMimeHeaders();
        for (int index = 0, count = headers.size(); index < count; index++) {
            MessageBytes name = headers.getName(index);
            int key = OtelrsServer.traceHeaderOf(name.getLength());
            if (isHeader(key, name)) {
                put(slot, key, headers.getValue(index));
                traced = true;
            }
        }
        return OtelrsBridge.openRemote(OtelrsKeys.SITE_TOMCAT, slot, traced);
    }

    /** Compares the bytes that Tomcat has, and makes no text of them. */
    private static boolean isHeader(int key, MessageBytes name) {
        return key != 0 && name.equalsIgnoreCase(OtelrsServer.nameOf(key));
    }

    /** CoyoteAdapter.asyncDispatch, entry: the request goes on, on another thread. */
    public static OtelrsContext resume(Request request) {
        Object open = request.getNote(SPAN_NOTE);
        return open instanceof OtelrsContext ? OtelrsBridge.resume((OtelrsContext) open) : null;
    }

    /** Both, exit. */
    public static void exit(Object token, Request request, Response response, Throwable thrown) {
        if (!(token instanceof OtelrsContext)) {
            return;
        }
        OtelrsContext context = (OtelrsContext) token;
        OtelrsBridge.thrown(thrown);
        OtelrsSlot slot = OtelrsBridge.slot();
        OtelrsBridge.leave(context, slot);
        Object note = request.getNote(ADAPTER_NOTE);
        if (thrown == null
                && note instanceof org.apache.catalina.connector.Request
                && ((org.apache.catalina.connector.Request) note).isAsync()) {
            request.setNote(SPAN_NOTE, context);
            return;
        }
        request.setNote(SPAN_NOTE, null);
        if (OtelrsBridge.begin(slot, context)) {
            fill(slot, context, request, response, thrown);
            OtelrsBridge.record(context, slot);
        }
    }

    /**
     * StandardWrapperValve.invoke, entry: the servlet is known, and the connector's request still holds its mapping,
     * which it has forgotten when the request ends.
     */
    public static void mapped(org.apache.catalina.connector.Request request) {
        OtelrsContext context = OtelrsBridge.current();
        if (context == null || context.site() != OtelrsKeys.SITE_TOMCAT || context.kept != null) {
            return;
        }
        Wrapper wrapper = request.getWrapper();
        if (wrapper != null) {
            context.kept = patterns(wrapper);
            context.alsoKept = request.getServletPath();
            context.contextPath = request.getContextPath();
        }
    }

    /** StandardWrapper.addMapping and removeMapping, exit. */
    public static void mappingsChanged() {
        CHANGES.incrementAndGet();
    }

    /** What a servlet's mappings were, in which attachment, and how many changes there had been. */
    private static final class Patterns {
        final String[] patterns;
        final long attachment;
        final int asOf;

        Patterns(String[] patterns, long attachment, int asOf) {
            this.patterns = patterns;
            this.attachment = attachment;
            this.asOf = asOf;
        }

        boolean isOf(long attachment, int asOf) {
            return this.attachment == attachment && this.asOf == asOf;
        }
    }

    /** The patterns that map to a servlet. Tomcat takes a lock for them, and copies them: not for each request. */
    private static String[] patterns(Wrapper wrapper) {
        int asOf = CHANGES.get();
        if (asOf == 0 || !(wrapper instanceof StandardWrapper)) {
            return wrapper.findMappings();
        }
        long attachment = OtelrsBridge.attachment();
        Object note = OtelrsBridge.note(wrapper);
        if (note instanceof Patterns && ((Patterns) note).isOf(attachment, asOf)) {
            return ((Patterns) note).patterns;
        }
        String[] patterns = wrapper.findMappings();
        OtelrsBridge.note(wrapper, new Patterns(patterns, attachment, asOf));
        return patterns;
    }

    private static void fill(
            OtelrsSlot slot, OtelrsContext context, Request request, Response response, Throwable thrown) {
        putMethod(slot, request);
        put(slot, OtelrsKeys.SCHEME, request.scheme());
        put(slot, OtelrsKeys.PATH, request.requestURI());
        put(slot, OtelrsKeys.QUERY, request.queryString());
        put(slot, OtelrsKeys.PROTOCOL_VERSION, request.protocol());
        MimeHeaders headers = request.getMimeHeaders();
        for (int index = 0, count = headers.size(); index < count; index++) {
            MessageBytes name = headers.getName(index);
            int key = OtelrsServer.headerOf(name.getLength());
            if (isHeader(key, name)) {
                put(slot, key, headers.getValue(index));
            }
        }
        request.action(ActionCode.REQ_HOST_ADDR_ATTRIBUTE, request);
        put(slot, OtelrsKeys.PEER_ADDRESS, request.remoteAddr());
        request.action(ActionCode.REQ_REMOTEPORT_ATTRIBUTE, request);
        if (request.getRemotePort() > 0) {
            slot.put(OtelrsKeys.PEER_PORT, request.getRemotePort());
        }
        if (thrown == null || response.isCommitted()) {
            slot.put(OtelrsKeys.STATUS, response.getStatus());
        }
        String[] patterns = (String[]) context.kept;
        OtelrsServer.putRoute(slot, context, patterns == null ? null : mapping(patterns, (String) context.alsoKept));
        Throwable noted = thrown != null ? thrown : context.thrown();
        if (noted != null) {
            OtelrsBridge.putThrowable(slot, noted);
        }
    }

    /** The pattern that mapped this path to its servlet: exact, longest prefix, suffix, default (Servlet 12.1). */
    private static String mapping(String[] patterns, String servletPath) {
        String best = null;
        for (String pattern : patterns) {
            if (pattern.equals(servletPath) || pattern.isEmpty() && "/".equals(servletPath)) {
                return pattern;
            }
            // Compared in place: this runs for each request, and a part of a text would be a text of its own.
            boolean prefix = pattern.endsWith("/*")
                    && servletPath != null
                    && servletPath.length() == pattern.length() - 2
                    && pattern.startsWith(servletPath);
            int extension = pattern.length() - 1;
            boolean suffix = pattern.startsWith("*.")
                    && servletPath != null
                    && servletPath.regionMatches(servletPath.length() - extension, pattern, 1, extension);
            if (prefix || suffix && (best == null || best.equals("/")) || best == null && pattern.equals("/")) {
                best = pattern;
            }
        }
        return best;
    }

    /** Whether this Tomcat has the request's method as bytes; the newest keep it as text only. */
    private static boolean methodAsBytes = true;

    private static void putMethod(OtelrsSlot slot, Request request) {
        if (methodAsBytes) {
            try {
                put(slot, OtelrsKeys.METHOD, request.method());
                return;
            } catch (NoSuchMethodError e) {
                methodAsBytes = false;
            }
        }
        slot.put(OtelrsKeys.METHOD, request.getMethod());
    }

    private static void put(OtelrsSlot slot, int key, MessageBytes value) {
        if (value == null || value.isNull()) {
            return;
        }
        if (value.getType() == MessageBytes.T_BYTES) {
            ByteChunk chunk = value.getByteChunk();
            slot.put(key, chunk.getBuffer(), chunk.getStart(), chunk.getLength());
        } else {
            slot.put(key, value.toString());
        }
    }
}
