package java.lang;

/**
 * An attribute that a rule noted of a span, and those noted before it. Nothing in it changes: two threads that note at once
 * may lose one of the two, and never damage the chain.
 */
final class OtelrsAttribute {
    final String key;
    /** A String, Long, Double or Boolean. */
    final Object value;
    final OtelrsAttribute before;
    final int count;

    private OtelrsAttribute(String key, Object value, OtelrsAttribute before) {
        this.key = key;
        this.value = value;
        this.before = before;
        this.count = before == null ? 1 : before.count + 1;
    }

    /** The chain with one more; what it had of the same key is gone. */
    static OtelrsAttribute noted(OtelrsAttribute chain, String key, Object value) {
        return new OtelrsAttribute(key, value, without(chain, key));
    }

    private static OtelrsAttribute without(OtelrsAttribute chain, String key) {
        OtelrsAttribute same = chain;
        while (same != null && !same.key.equals(key)) {
            same = same.before;
        }
        if (same == null) {
            return chain;
        }
        OtelrsAttribute kept = same.before;
        for (OtelrsAttribute each = chain; each != same; each = each.before) {
            kept = new OtelrsAttribute(each.key, each.value, kept);
        }
        return kept;
    }

    /** Marshals a chain, the latest first. */
    static void putAll(OtelrsSlot slot, OtelrsAttribute latest) {
        for (OtelrsAttribute each = latest; each != null; each = each.before) {
            slot.put(OtelrsKeys.ATTRIBUTE, each.key);
            if (each.value instanceof String) {
                slot.put(OtelrsKeys.ATTRIBUTE_TEXT, (String) each.value);
            } else if (each.value instanceof Long) {
                slot.put(OtelrsKeys.ATTRIBUTE_INT, (Long) each.value);
            } else if (each.value instanceof Double) {
                slot.put(OtelrsKeys.ATTRIBUTE_DOUBLE, Double.doubleToRawLongBits((Double) each.value));
            } else {
                slot.put(OtelrsKeys.ATTRIBUTE_BOOL, Boolean.TRUE.equals(each.value) ? 1L : 0L);
            }
        }
    }
}
