//! The one table of payload keys, shared by the bridge (which writes them) and the advice (which reads them).
//!
//! The bridge's Java constants are generated from [`KEYS`], so this file stands alone: plain constants, nothing imported.

macro_rules! keys {
    ($($(#[$doc:meta])* $name:ident = $value:literal,)*) => {
        $($(#[$doc])* pub const $name: u8 = $value;)*

        /// Every key with its name, in the order of its value.
        pub const KEYS: &[(&str, u8)] = &[$((stringify!($name), $name)),*];
    };
}

keys! {
    // Any site.
    /// Text: the parent's `tracestate`, already checked.
    TRACE_STATE = 1,
    /// Text: the fully qualified class of the exception that escaped.
    EXCEPTION_TYPE = 2,
    /// Text: its message; sent only where the option allows messages.
    EXCEPTION_MESSAGE = 3,
    /// Text: its stack trace as `Throwable.printStackTrace` writes it.
    EXCEPTION_STACK_TRACE = 4,
    /// Text: an error that is no exception, e.g. `timeout`.
    ERROR_TYPE = 5,
    /// Bytes, 25: trace id, span id and trace flags of the span that this one is linked to.
    LINK = 6,

    // A request's trace headers, for the bridge's `extract` only.
    /// Text, repeatable: the `traceparent` header.
    HEADER_TRACEPARENT = 8,
    /// Text, repeatable: the `tracestate` header.
    HEADER_TRACESTATE = 9,
    /// Text, repeatable: the `baggage` header.
    HEADER_BAGGAGE = 10,

    // HTTP, both sides.
    /// Text: the method as sent.
    METHOD = 16,
    /// Int: the status; absent when no response was sent or received.
    STATUS = 17,
    /// Text: `HTTP/1.1`, `1.1`, `HTTP_2` and the like.
    PROTOCOL_VERSION = 18,
    /// Text: the address at the other end of the connection.
    PEER_ADDRESS = 19,
    /// Int: its port.
    PEER_PORT = 20,

    // HTTP server.
    /// Text: `http` or `https` as the container sees it.
    SCHEME = 32,
    /// Text: the path as on the wire, without the query.
    PATH = 33,
    /// Text: the query as on the wire, without `?`.
    QUERY = 34,
    /// Text: the `Host` header or `:authority`.
    HOST = 35,
    /// Text, repeatable: a `Forwarded` header (RFC 7239).
    FORWARDED = 36,
    /// Text, repeatable: an `X-Forwarded-Proto` header.
    X_FORWARDED_PROTO = 37,
    /// Text, repeatable: an `X-Forwarded-Host` header.
    X_FORWARDED_HOST = 38,
    /// Text, repeatable: an `X-Forwarded-For` header.
    X_FORWARDED_FOR = 39,
    /// Text: the `User-Agent` header.
    USER_AGENT = 40,
    /// Text: the pattern that the framework matched, relative to where its servlet is mounted.
    ROUTE = 41,
    /// Text: the context path of the web application, empty at the root.
    CONTEXT_PATH = 42,
    /// Text: the URL pattern that mapped the servlet, e.g. `/api/*`.
    SERVLET_MAPPING = 43,

    // HTTP client.
    /// Text: the absolute URL requested.
    FULL_URL = 64,
    /// Int: how many times this request had been sent before; 0 or absent for the first time.
    RESEND_COUNT = 65,

    // JDBC.
    /// Text: the URL that the driver was given.
    JDBC_URL = 96,
    /// Text, repeatable: a statement as the application wrote it; one entry for each statement of a batch of several.
    SQL = 97,
    /// Int, 0 or 1: made by `prepareStatement` or `prepareCall`.
    PREPARED = 98,
    /// Int, 0 or 1: made by `prepareCall`.
    CALLABLE = 99,
    /// Int: how many statements or parameter sets `executeBatch` ran; absent when nothing was batched.
    BATCH_SIZE = 100,
    /// Text: `SQLException.getSQLState()`.
    SQL_STATE = 101,
    /// Int: `SQLException.getErrorCode()`.
    SQL_ERROR_CODE = 102,
    /// Text: the product's name, where it is known without asking the database and the URL is not.
    DB_PRODUCT = 103,

    // Rule files.
    /// Text: the key of an attribute, whose value is the next entry. Any site; the latest noted comes first.
    ATTRIBUTE = 112,
    /// Text: its value.
    ATTRIBUTE_TEXT = 113,
    /// Int: its value.
    ATTRIBUTE_INT = 114,
    /// Int: the bits of its value, a 64-bit IEEE 754 number.
    ATTRIBUTE_DOUBLE = 115,
    /// Int, 0 or 1: its value.
    ATTRIBUTE_BOOL = 116,
    /// Text: the name that a rule gives its span; absent or empty without one.
    SPAN_NAME = 117,
    /// Int: the span's kind as OTLP numbers it.
    SPAN_KIND = 118,
    /// Text: the internal name of the class whose method the span is around.
    CODE_CLASS = 119,
    /// Text: that method's name.
    CODE_METHOD = 120,
}

#[cfg(test)]
mod tests {
    use super::KEYS;

    #[test]
    fn no_two_keys_share_a_value_or_a_name() {
        for (position, (name, value)) in KEYS.iter().enumerate() {
            assert_ne!(*value, 0, "{name}: 0 is kept free");
            for (other, same) in &KEYS[position + 1..] {
                assert_ne!(value, same, "{name} and {other}");
                assert_ne!(name, other);
                assert!(value < same, "{name} and {other} are out of order");
            }
        }
    }
}
