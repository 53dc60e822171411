package sun.net.www.protocol.http;

import java.net.HttpURLConnection;
import java.net.URL;

/**
 * CLIENT spans of {@code java.net.HttpURLConnection}: one from the first of connect, getOutputStream and getInputStream
 * to the end of getInputStream. Lives in java.base, beside the implementation.
 */
public final class OtelrsGlue {
    /** Noted of a connection whose span has ended: what follows is reading. */
    private static final Object ENDED = OtelrsGlue.class;

    private OtelrsGlue() {}

    /** Entry of each of the three; {@code connected} is the connection's own field. */
    public static OtelrsContext enter(HttpURLConnection connection, boolean connected) {
        Object note = OtelrsBridge.note(connection);
        if (note == ENDED || note == null && connected) {
            return null;
        }
        if (note instanceof OtelrsContext) {
            OtelrsContext open = (OtelrsContext) note;
            open.alsoKept = connection.getRequestMethod();
            // Within its own call (getResponseCode calls getInputStream) there is nothing to do.
            return OtelrsBridge.current() == open ? null : OtelrsBridge.resume(open);
        }
        OtelrsContext context = OtelrsBridge.open(OtelrsKeys.SITE_HTTP_URL_CONNECTION);
        if (context == null) {
            return null;
        }
        // Not the connection itself: the note would keep it from being collected.
        context.kept = connection.getURL();
        context.alsoKept = connection.getRequestMethod();
        OtelrsBridge.note(connection, context);
        try {
            OtelrsBridge.inject(context, new Setter(connection));
        } catch (RuntimeException e) {
            // Connected between the check and here by another thread, say: the request goes out as it is.
        }
        return context;
    }

    private static final class Setter implements OtelrsBridge.Carrier {
        private final HttpURLConnection connection;

        Setter(HttpURLConnection connection) {
            this.connection = connection;
        }

        @Override
        public void set(String name, String value) {
            connection.setRequestProperty(name, value);
        }
    }

    /** Exit of connect and getOutputStream: the span goes on unless they failed. */
    public static void exit(Object token, HttpURLConnection connection, Throwable thrown) {
        if (token instanceof OtelrsContext) {
            OtelrsContext context = (OtelrsContext) token;
            OtelrsBridge.leave(context);
            if (thrown != null) {
                end(context, connection, -1, thrown);
            }
        }
    }

    /** Exit of getInputStream; {@code status} is the connection's own field, -1 when no status line came. */
    public static void exitInput(Object token, HttpURLConnection connection, int status, Throwable thrown) {
        if (token instanceof OtelrsContext) {
            OtelrsContext context = (OtelrsContext) token;
            OtelrsBridge.leave(context);
            end(context, connection, status, thrown);
        }
    }

    private static void end(OtelrsContext context, HttpURLConnection connection, int status, Throwable thrown) {
        OtelrsBridge.note(connection, ENDED);
        OtelrsSlot slot = OtelrsBridge.payloadOf(context);
        if (slot == null) {
            return;
        }
        slot.put(OtelrsKeys.METHOD, (String) context.alsoKept);
        slot.put(OtelrsKeys.FULL_URL, ((URL) context.kept).toExternalForm());
        if (status > 0) {
            slot.put(OtelrsKeys.STATUS, status);
        } else if (thrown != null) {
            // With a status the exception only repeats it: getInputStream throws for 404.
            OtelrsBridge.putThrowable(slot, thrown);
        }
        OtelrsBridge.record(context, slot);
    }
}
