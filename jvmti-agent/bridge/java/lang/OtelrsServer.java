package java.lang;

import java.net.InetSocketAddress;
import java.net.SocketAddress;

/** What the glue of HTTP servers shares: which headers are read, and how a request's values are marshalled. */
public final class OtelrsServer {
    private OtelrsServer() {}

    /** The key of a header that names a request's parent; 0 for others. */
    public static int traceHeader(String name) {
        switch (name.length()) {
            case 11:
                return name.equalsIgnoreCase("traceparent") ? OtelrsKeys.HEADER_TRACEPARENT : 0;
            case 10:
                return name.equalsIgnoreCase("tracestate") ? OtelrsKeys.HEADER_TRACESTATE : 0;
            case 7:
                return name.equalsIgnoreCase("baggage") ? OtelrsKeys.HEADER_BAGGAGE : 0;
            default:
                return 0;
        }
    }

    /** The key of a header that a SERVER span tells of; 0 for others. */
    public static int header(String name) {
        switch (name.length()) {
            case 4:
                return name.equalsIgnoreCase("host") ? OtelrsKeys.HOST : 0;
            case 9:
                return name.equalsIgnoreCase("forwarded") ? OtelrsKeys.FORWARDED : 0;
            case 10:
                return name.equalsIgnoreCase("user-agent") ? OtelrsKeys.USER_AGENT : 0;
            case 15:
                return name.equalsIgnoreCase("x-forwarded-for") ? OtelrsKeys.X_FORWARDED_FOR : 0;
            case 16:
                return name.equalsIgnoreCase("x-forwarded-host") ? OtelrsKeys.X_FORWARDED_HOST : 0;
            case 17:
                return name.equalsIgnoreCase("x-forwarded-proto") ? OtelrsKeys.X_FORWARDED_PROTO : 0;
            default:
                return 0;
        }
    }

    /**
     * Makes an open span current on a thread that goes on with its request; the answer goes to {@link OtelrsTasks#exit}.
     * What was current is kept in the answer and not in the span: the thread before may not have left the span yet.
     */
    public static Object resume(OtelrsContext open) {
        return OtelrsTasks.enter(OtelrsBridge.slot(), open, null);
    }

    /** Notes what a servlet threw, without the ServletException that may carry it. */
    public static void failed(Throwable thrown) {
        Throwable cause = thrown;
        while (isServletException(cause) && cause.getCause() != null) {
            cause = cause.getCause();
        }
        OtelrsBridge.thrown(cause);
    }

    /** ServletException only carries what an application threw; of either API, and of Spring's own subclass of it. */
    private static boolean isServletException(Throwable thrown) {
        for (Class<?> type = thrown.getClass(); type != Throwable.class; type = type.getSuperclass()) {
            if (type.getName().equals("javax.servlet.ServletException")
                    || type.getName().equals("jakarta.servlet.ServletException")) {
                return true;
            }
        }
        return false;
    }

    /** Marshals a span's route, or the pattern that mapped its servlet where no framework named one. */
    public static void putRoute(OtelrsSlot slot, OtelrsContext context, String mapping) {
        if (context.route() != null) {
            slot.put(OtelrsKeys.ROUTE, context.route());
        } else {
            slot.put(OtelrsKeys.SERVLET_MAPPING, mapping);
        }
        slot.put(OtelrsKeys.CONTEXT_PATH, context.contextPath);
    }

    /** Marshals who is at the other end of the connection; nothing of what is no internet address. */
    public static void putPeer(OtelrsSlot slot, SocketAddress peer) {
        if (peer instanceof InetSocketAddress && ((InetSocketAddress) peer).getAddress() != null) {
            slot.put(OtelrsKeys.PEER_ADDRESS, ((InetSocketAddress) peer).getAddress().getHostAddress());
            slot.put(OtelrsKeys.PEER_PORT, ((InetSocketAddress) peer).getPort());
        }
    }
}
