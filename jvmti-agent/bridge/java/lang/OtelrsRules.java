package java.lang;

/**
 * What the splices of rule files call: a span around a method, attributes, trace headers in a carrier.
 *
 * <p>Values are fetched by the application's own methods, on its thread. While one runs, rules do nothing: a getter that a
 * rule is about would otherwise fetch its own value without end.
 */
public final class OtelrsRules {
    /** More attributes a span has not from rules; the native side cuts at the limit that is set. */
    private static final int MAX_ATTRIBUTES = 128;

    private OtelrsRules() {}

    /** Opens a span below the current one; null when nothing is to be done. */
    public static OtelrsContext open() {
        return isIdle() ? null : OtelrsBridge.open(OtelrsKeys.SITE_RULES);
    }

    /** Opens a span below what a carrier's headers name, or below the current one when they name nothing. */
    public static OtelrsContext openFrom(Object root, String getters, String method, String descriptor) {
        if (isIdle()) {
            return null;
        }
        OtelrsSlot slot = OtelrsBridge.slot();
        String parent = null;
        String state = null;
        String baggage = null;
        slot.fetching = true;
        try {
            Object carrier = OtelrsAccess.follow(root, getters);
            if (carrier != null) {
                parent = OtelrsAccess.header(carrier, method, descriptor, "traceparent");
                state = OtelrsAccess.header(carrier, method, descriptor, "tracestate");
                baggage = OtelrsAccess.header(carrier, method, descriptor, "baggage");
            }
        } catch (Throwable thrown) {
            OtelrsBridge.declined(OtelrsBridge.VALUE_NOT_READ);
        } finally {
            slot.fetching = false;
        }
        if (parent == null && baggage == null) {
            return OtelrsBridge.open(OtelrsKeys.SITE_RULES);
        }
        slot.clear();
        slot.put(OtelrsKeys.HEADER_TRACEPARENT, parent);
        slot.put(OtelrsKeys.HEADER_TRACESTATE, state);
        slot.put(OtelrsKeys.HEADER_BAGGAGE, baggage);
        return OtelrsBridge.openExtracted(OtelrsKeys.SITE_RULES, slot);
    }

    /** Ends the span that the entry opened. */
    public static void close(
            Object token, Throwable thrown, String codeClass, String codeMethod, String name, int kind) {
        if (!(token instanceof OtelrsContext)) {
            return;
        }
        OtelrsContext context = (OtelrsContext) token;
        OtelrsBridge.leave(context);
        OtelrsSlot slot = OtelrsBridge.payloadOf(context);
        if (slot == null) {
            return;
        }
        slot.put(OtelrsKeys.CODE_CLASS, codeClass);
        slot.put(OtelrsKeys.CODE_METHOD, codeMethod);
        slot.put(OtelrsKeys.SPAN_NAME, name);
        slot.put(OtelrsKeys.SPAN_KIND, kind);
        if (thrown != null) {
            OtelrsBridge.putThrowable(slot, thrown);
        }
        OtelrsBridge.record(context, slot);
    }

    /** Notes an attribute of the span that is open; what cannot be read, and what is null, is left out. */
    public static void attribute(String key, Object root, String getters, boolean asText) {
        OtelrsSlot slot = OtelrsBridge.slotOrNull();
        if (root == null || slot == null || slot.fetching || !OtelrsBridge.active()) {
            return;
        }
        OtelrsContext context = slot.current;
        if (context == null || context.ended || (context.flags & OtelrsBridge.SAMPLED) == 0) {
            return;
        }
        Object value = null;
        slot.fetching = true;
        try {
            Object found = OtelrsAccess.follow(root, getters);
            value = OtelrsAccess.plain(found, asText);
            if (found != null && value == null) {
                OtelrsBridge.declined(OtelrsBridge.VALUE_NOT_READ);
            }
        } catch (Throwable thrown) {
            OtelrsBridge.declined(OtelrsBridge.VALUE_NOT_READ);
        } finally {
            slot.fetching = false;
        }
        OtelrsAttribute noted = context.attributes;
        if (value != null && (noted == null || noted.count < MAX_ATTRIBUTES)) {
            context.attributes = OtelrsAttribute.noted(noted, key, value);
        }
    }

    /** Writes the headers of the span that is open. */
    public static void inject(Object root, String getters, final String method, final String descriptor) {
        OtelrsSlot slot = OtelrsBridge.slotOrNull();
        if (slot == null || slot.current == null || slot.fetching || !OtelrsBridge.active()) {
            return;
        }
        slot.fetching = true;
        try {
            final Object carrier = OtelrsAccess.follow(root, getters);
            if (carrier != null) {
                OtelrsBridge.inject(slot.current, new OtelrsBridge.Carrier() {
                    @Override
                    public void set(String name, String value) {
                        OtelrsAccess.setHeader(carrier, method, descriptor, name, value);
                    }
                });
            }
        } catch (Throwable thrown) {
            OtelrsBridge.declined(OtelrsBridge.VALUE_NOT_READ);
        } finally {
            slot.fetching = false;
        }
    }

    /** Whether this thread is fetching a value for a rule, or nothing is to be done at all. */
    private static boolean isIdle() {
        if (!OtelrsBridge.active()) {
            return true;
        }
        OtelrsSlot slot = OtelrsBridge.slotOrNull();
        return slot != null && slot.fetching;
    }
}
