package jdk.internal.net.http;

import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.BiPredicate;

/** CLIENT spans of {@code java.net.http.HttpClient}. Lives in module java.net.http, beside the implementation. */
public final class OtelrsGlue {
    private OtelrsGlue() {}

    /** HttpClientImpl.send and sendAsync, entry. */
    public static OtelrsContext enter(HttpRequest request) {
        if (request == null) {
            // The client rejects it; there is no request to speak of.
            return null;
        }
        OtelrsContext context = OtelrsBridge.open(OtelrsKeys.SITE_JAVA_HTTP_CLIENT);
        if (context != null) {
            context.kept = request;
        }
        return context;
    }

    /** HttpClientImpl.send, exit. */
    public static void exit(Object token, HttpResponse<?> response, Throwable thrown) {
        if (token instanceof OtelrsContext) {
            OtelrsContext context = (OtelrsContext) token;
            OtelrsBridge.leave(context);
            end(context, response, thrown);
        }
    }

    /**
     * HttpClientImpl.sendAsync, exit: the span ends with the exchange, before what the application attaches runs. The
     * JDK's future makes dependents that cancel the exchange as it does itself.
     */
    public static CompletableFuture<?> exitAsync(
            Object token, CompletableFuture<? extends HttpResponse<?>> future, Throwable thrown) {
        if (!(token instanceof OtelrsContext)) {
            return future;
        }
        OtelrsContext context = (OtelrsContext) token;
        OtelrsBridge.leave(context);
        if (future == null) {
            end(context, null, thrown);
            return null;
        }
        return future.whenComplete(new Completion(context));
    }

    private static final class Completion
            implements BiConsumer<HttpResponse<?>, Throwable>, OtelrsBridge.Internal {
        private final OtelrsContext context;

        Completion(OtelrsContext context) {
            this.context = context;
        }

        @Override
        public void accept(HttpResponse<?> response, Throwable thrown) {
            try {
                end(context, response, unwrap(thrown));
            } catch (Throwable ignored) {
                // The span is lost; the application's future must not be.
            }
        }

        private static Throwable unwrap(Throwable thrown) {
            boolean wrapped = thrown instanceof java.util.concurrent.CompletionException && thrown.getCause() != null;
            return wrapped ? thrown.getCause() : thrown;
        }
    }

    private static void end(OtelrsContext context, HttpResponse<?> response, Throwable thrown) {
        OtelrsSlot slot = OtelrsBridge.payloadOf(context);
        if (slot == null) {
            return;
        }
        HttpRequest request = (HttpRequest) context.kept;
        slot.put(OtelrsKeys.METHOD, request.method());
        slot.put(OtelrsKeys.FULL_URL, request.uri().toString());
        if (response != null) {
            slot.put(OtelrsKeys.STATUS, response.statusCode());
            slot.put(OtelrsKeys.PROTOCOL_VERSION, response.version().toString());
        }
        if (thrown != null) {
            OtelrsBridge.putThrowable(slot, thrown);
        }
        OtelrsBridge.record(context, slot);
    }

    /** HttpRequestImpl's constructor from an application's request: its headers and, in place of its own, ours. */
    public static HttpHeaders headers(HttpHeaders headers) {
        OtelrsContext context = OtelrsBridge.current();
        if (headers == null || context == null || context.site() != OtelrsKeys.SITE_JAVA_HTTP_CLIENT) {
            return headers;
        }
        Map<String, List<String>> merged = new TreeMap<String, List<String>>(String.CASE_INSENSITIVE_ORDER);
        merged.putAll(headers.map());
        OtelrsBridge.inject(context, new Setter(merged));
        return HttpHeaders.of(merged, ACCEPT_ALL);
    }

    private static final class Setter implements OtelrsBridge.Carrier {
        private final Map<String, List<String>> headers;

        Setter(Map<String, List<String>> headers) {
            this.headers = headers;
        }

        @Override
        public void set(String name, String value) {
            headers.put(name, Collections.singletonList(value));
        }
    }

    private static final class AcceptAll implements BiPredicate<String, String> {
        AcceptAll() {}

        @Override
        public boolean test(String name, String value) {
            return true;
        }
    }

    private static final BiPredicate<String, String> ACCEPT_ALL = new AcceptAll();
}
