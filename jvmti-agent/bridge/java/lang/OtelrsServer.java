package java.lang;

import java.net.InetSocketAddress;
import java.net.SocketAddress;

/** What the glue of HTTP servers shares: which headers are read, and how a request's values are marshalled. */
public final class OtelrsServer {
    private OtelrsServer() {}

    /** The key of a header that names a request's parent; 0 for others. */
    public static int traceHeader(String name) {
        int key = traceHeaderOf(name.length());
        return key != 0 && name.equalsIgnoreCase(nameOf(key)) ? key : 0;
    }

    /** The key of a header that a SERVER span tells of; 0 for others. */
    public static int header(String name) {
        int key = headerOf(name.length());
        return key != 0 && name.equalsIgnoreCase(nameOf(key)) ? key : 0;
    }

    /** The only key that {@link #traceHeader} can answer for a name of this length, or 0; for names that are no text. */
    public static int traceHeaderOf(int length) {
        switch (length) {
            case 11:
                return OtelrsKeys.HEADER_TRACEPARENT;
            case 10:
                return OtelrsKeys.HEADER_TRACESTATE;
            case 7:
                return OtelrsKeys.HEADER_BAGGAGE;
            default:
                return 0;
        }
    }

    /** The only key that {@link #header} can answer for a name of this length, or 0. */
    public static int headerOf(int length) {
        switch (length) {
            case 4:
                return OtelrsKeys.HOST;
            case 9:
                return OtelrsKeys.FORWARDED;
            case 10:
                return OtelrsKeys.USER_AGENT;
            case 15:
                return OtelrsKeys.X_FORWARDED_FOR;
            case 16:
                return OtelrsKeys.X_FORWARDED_HOST;
            case 17:
                return OtelrsKeys.X_FORWARDED_PROTO;
            default:
                return 0;
        }
    }

    /** The header of a key. */
    public static String nameOf(int key) {
        switch (key) {
            case OtelrsKeys.HEADER_TRACEPARENT:
                return "traceparent";
            case OtelrsKeys.HEADER_TRACESTATE:
                return "tracestate";
            case OtelrsKeys.HEADER_BAGGAGE:
                return "baggage";
            case OtelrsKeys.HOST:
                return "host";
            case OtelrsKeys.FORWARDED:
                return "forwarded";
            case OtelrsKeys.USER_AGENT:
                return "user-agent";
            case OtelrsKeys.X_FORWARDED_FOR:
                return "x-forwarded-for";
            case OtelrsKeys.X_FORWARDED_HOST:
                return "x-forwarded-host";
            case OtelrsKeys.X_FORWARDED_PROTO:
                return "x-forwarded-proto";
            default:
                throw new IllegalArgumentException(String.valueOf(key));
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
