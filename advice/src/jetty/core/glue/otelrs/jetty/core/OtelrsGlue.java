package otelrs.jetty.core;

import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.http.pathmap.PathSpec;
import org.eclipse.jetty.io.EofException;
import org.eclipse.jetty.server.ConnectionMetaData;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.internal.HttpChannelState;

/**
 * Fetches what a SERVER span says from the request of Jetty 12's core, which every protocol and every Servlet layer above
 * shares.
 *
 * <p>It names no type of a Servlet layer, so that it serves ee8 to ee11 alike. A request ends on any thread, before or
 * after the thread that began it has left it, so its span is noted of the request from the beginning. Lives in the loader
 * of the patched class.
 */
public final class OtelrsGlue {
    private OtelrsGlue() {}

    /** HandlerInvoker.run, entry: a request begins. */
    public static OtelrsContext enter(HttpChannelState channel) {
        if (!OtelrsBridge.active()) {
            return null;
        }
        Request request = channel.getRequest();
        OtelrsSlot slot = OtelrsBridge.slot();
        slot.clear();
        boolean traced = false;
        HttpFields headers = request.getHeaders();
        for (int index = 0, count = headers.size(); index < count; index++) {
            HttpField field = headers.getField(index);
            int key = OtelrsServer.traceHeader(field.getName());
            if (key != 0) {
                slot.put(key, field.getValue());
                traced = true;
            }
        }
        OtelrsContext context = OtelrsBridge.openRemote(OtelrsKeys.SITE_JETTY, slot, traced);
        if (context != null) {
            OtelrsBridge.note(request, context);
        }
        return context;
    }

    /** HandlerInvoker.run, exit: the request may go on elsewhere. */
    public static void leave(Object token) {
        if (token instanceof OtelrsContext) {
            OtelrsBridge.leave((OtelrsContext) token);
        }
    }

    /** A Servlet layer's channel, entry: it handles the request, on the first thread or on another. */
    public static Object resume(Request request) {
        OtelrsContext open = request == null ? null : span(Request.unWrap(request));
        if (open == null) {
            return null;
        }
        if (open.contextPath == null) {
            open.contextPath = request.getContext().getContextPath();
        }
        return OtelrsBridge.current() == open ? null : OtelrsServer.resume(open);
    }

    /** A Servlet layer's mapping of a request to its servlet; the first is the request's own, later ones are dispatches. */
    public static void mapped(PathSpec spec) {
        OtelrsContext context = OtelrsBridge.current();
        // A servlet that is dispatched to by its name has no pattern.
        if (context != null && context.site() == OtelrsKeys.SITE_JETTY && context.kept == null && spec != null) {
            context.kept = spec.getDeclaration();
        }
    }

    /** A Servlet layer's handleException, entry: what a servlet threw. */
    public static void failed(Throwable thrown) {
        // A client that went away is no failure of the server.
        if (!(thrown instanceof EofException)) {
            OtelrsServer.failed(thrown);
        }
    }

    /** completeStream, entry: the response is complete, whoever completed it. */
    public static void complete(HttpChannelState channel, Throwable failure) {
        Request request = channel.getRequest();
        OtelrsContext context = span(request);
        if (context == null) {
            return;
        }
        OtelrsBridge.forget(request);
        OtelrsSlot slot = OtelrsBridge.payloadOf(context);
        if (slot != null) {
            fill(slot, context, request, channel.getResponse().getStatus(), failure);
            OtelrsBridge.record(context, slot);
        }
    }

    private static OtelrsContext span(Request request) {
        Object noted = OtelrsBridge.note(request);
        return noted instanceof OtelrsContext ? (OtelrsContext) noted : null;
    }

    private static void fill(OtelrsSlot slot, OtelrsContext context, Request request, int status, Throwable failure) {
        HttpURI uri = request.getHttpURI();
        slot.put(OtelrsKeys.METHOD, request.getMethod());
        slot.put(OtelrsKeys.SCHEME, uri.getScheme());
        slot.put(OtelrsKeys.PATH, uri.getPath());
        slot.put(OtelrsKeys.QUERY, uri.getQuery());
        ConnectionMetaData connection = request.getConnectionMetaData();
        slot.put(OtelrsKeys.PROTOCOL_VERSION, connection.getHttpVersion().asString());
        boolean hasHost = false;
        HttpFields headers = request.getHeaders();
        for (int index = 0, count = headers.size(); index < count; index++) {
            HttpField field = headers.getField(index);
            int key = OtelrsServer.header(field.getName());
            if (key != 0) {
                slot.put(key, field.getValue());
                hasHost |= key == OtelrsKeys.HOST;
            }
        }
        if (!hasHost) {
            slot.put(OtelrsKeys.HOST, uri.getAuthority());
        }
        OtelrsServer.putPeer(slot, connection.getRemoteSocketAddress());
        slot.put(OtelrsKeys.STATUS, status);
        OtelrsServer.putRoute(slot, context, (String) context.kept);
        // What fails the response of another status is the client's: an aborted connection, a malformed request.
        Throwable thrown = context.thrown() == null && status >= 500 ? failure : context.thrown();
        if (thrown != null) {
            OtelrsBridge.putThrowable(slot, thrown);
        }
    }
}
