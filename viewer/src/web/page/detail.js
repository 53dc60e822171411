// Everything about one span.

import * as api from "./api.js";
import { copy, fill, h, visibleBlock } from "./dom.js";
import { duration, timeOfDay } from "./format.js";

/** A panel beside the waterfall; hidden until a span is selected. */
export function detailPanel(traceId, { onclose, onfilter }) {
  const element = h("aside", { class: "detail", "aria-label": "Span", hidden: true, tabindex: "-1" });
  let shown = null;

  const path = (row) => `/api/traces/${encodeURIComponent(traceId)}/spans/${encodeURIComponent(row.spanId)}`;

  async function show(row) {
    shown = row;
    element.hidden = !row;
    if (!row) return;
    try {
      const span = await api.get(path(row));
      // Another span may have been selected meanwhile.
      if (shown === row) draw(row, span);
    } catch (error) {
      if (shown === row) fill(element, h("p", { class: "error" }, error.message));
    }
  }

  async function copyJson() {
    if (!shown) return;
    await copy(await api.getText(`${path(shown)}/otlp`), "span as OTLP JSON");
  }

  function draw(row, span) {
    const button = (text, title, onclick) => h("button", { type: "button", title, onclick }, text);
    const attribute = ([key, value]) => [h("dt", {}, key), h("dd", {}, value)];
    const section = (title, pairs) => (pairs.length ? [h("h3", {}, title), h("dl", {}, pairs.map(attribute))] : []);
    const facts = [
      ["service", span.service],
      ["kind", span.kind],
      ["status", span.statusMessage ? `${span.status}: ${span.statusMessage}` : span.status],
      ["started", `${timeOfDay(span.startUnixNano)}, ${duration(row.offsetNanos)} into the trace`],
      ["duration", duration(span.durationNanos)],
      ["on the critical path", row.critical.length ? duration(row.critical.reduce((sum, [from, to]) => sum + to - from, 0)) : "no"],
      ["span id", span.spanId],
      ["parent span id", span.parentSpanId ?? "none"],
      ...(span.traceState ? [["trace state", span.traceState]] : []),
      ["scope", [span.scope.name, span.scope.version].filter(Boolean).join(" ")],
    ];
    if (row.repeats) facts.unshift(["repeats", `${row.repeats.count} times, ${duration(row.repeats.totalNanos)} in all, ${duration(row.repeats.maxNanos)} the longest; the first of them:`]);
    const dropped = Object.entries(span.dropped).filter(([, count]) => count > 0);
    fill(
      element,
      h("button", { type: "button", class: "close icon", "aria-label": "Close the detail", title: "Close (Esc)", onclick: onclose }, "×"),
      h("h2", {}, span.name),
      h("div", { class: "buttons" },
        button("Copy span id", "Copy the span id", () => copy(span.spanId, "span id")),
        button("Copy as JSON", "Copy the span as OTLP JSON (Y)", copyJson),
        button("Traces like this", "Filter the list by this name", () => onfilter(`name:${quoted(span.name)}`))),
      section("Span", facts),
      span.events.length ? h("h3", {}, "Events") : null,
      span.events.map((event) => record(event.name, "", event.attributes, event.offsetNanos, event.name === "exception")),
      span.logs.length ? h("h3", {}, "Logs") : null,
      span.logs.map((log) => record(log.body, log.severity, log.attributes, log.offsetNanos, log.error)),
      section("Attributes", span.attributes),
      section("Resource", span.resource),
      span.links.length ? [h("h3", {}, "Links"), h("dl", {}, span.links.map((link) => [h("dt", {}, "trace, span"), h("dd", {}, h("a", { href: `#/traces/${link.traceId}?span=${link.spanId}` }, `${link.traceId} ${link.spanId}`))]))] : null,
      dropped.length ? section("Dropped by the sender", dropped) : null,
    );
  }

  return { element, show, copyJson };
}

/** A value as the filter language takes it. */
function quoted(text) {
  return `"${text.replace(/[\\"*]/g, (found) => (found === "*" ? "\\*" : `\\${found}`))}"`;
}

function record(what, severity, attributes, offsetNanos, failed) {
  const block = (value) => {
    const pre = h("pre", { tabindex: "0" });
    pre.textContent = visibleBlock(value);
    return pre;
  };
  return h(
    "div", { class: `event${failed ? " failed" : ""}` },
    h("div", { class: "what" }, h("span", { class: "dim" }, `+${duration(Math.max(0, offsetNanos))}`), severity && h("strong", { class: failed ? "error" : "" }, severity), h("span", {}, what)),
    attributes.length ? h("dl", {}, attributes.filter(([, value]) => !value.includes("\n")).map(([key, value]) => [h("dt", {}, key), h("dd", {}, value)])) : null,
    attributes.filter(([, value]) => value.includes("\n")).map(([key, value]) => [h("div", { class: "dim" }, key), block(value)]),
  );
}
