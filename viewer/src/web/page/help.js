// The help dialog: keys and the filter language.

import { fill, h } from "./dom.js";

const KEYS = [
  ["Everywhere", [
    ["1 2 3 4", "traces, routes and queries, findings, metrics"], ["j k ↓ ↑", "down, up"], ["g G", "first, last"], ["/", "filter, or find in the trace"],
    ["p", "pause, go on"], ["m", "mute health checks, show them"], ["X", "clear: forget all traces"], ["d", "dark or light"], ["?", "this help"], ["Esc h", "back"],
  ]],
  ["List of traces", [
    ["Enter l", "open"], ["n", "since now: only what begins from here on"], ["s", "sort by the next column"], ["r", "reverse the order"], ["e", "errors only"],
  ]],
  ["Waterfall", [
    ["n N", "next, previous match"], ["e E", "next, previous error"], ["Space", "fold, unfold; repeats: show each"], ["← →", "fold, unfold"],
    ["r", "repeats in one row, one by one"], ["o", "log records below their spans, none"], ["y Y", "copy the trace id, the span as JSON"],
  ]],
];

const FILTERS = [
  ["service:orders", "spans of a service"], ['name:"GET /a*"', "name of a span; * is any text"], ["root:\"GET /orders*\"", "name of the trace's root"],
  ["status:error", "also ok, 404, 5xx"], ["duration>50ms", "of the whole trace; > >= < <="], ["kind:server", "kind of a span"],
  ["http.route=/orders/{id}", "any attribute; != < > as well"], ["tenant=*", "has the attribute"], ["since:5m", "began within; until:5m before"],
  ["timed out", "text in names, values, messages"], ["-service:stock", "the opposite"],
];

export function showHelp() {
  const dialog = document.getElementById("help-dialog");
  const list = (pairs, tag) => h("dl", {}, pairs.map(([key, text]) => [h("dt", {}, tag === "kbd" ? key.split(" ").map((part) => [h("kbd", {}, part), " "]) : h("code", {}, key)), h("dd", {}, text)]));
  fill(
    dialog,
    h("button", { type: "button", class: "close icon", "aria-label": "Close the help", onclick: () => dialog.close() }, "×"),
    h("h2", { id: "help-title" }, "Keys and filters"),
    h("div", { class: "columns" },
      KEYS.map(([title, keys]) => h("div", {}, h("h3", {}, title), list(keys, "kbd"))),
      h("div", {}, h("h3", {}, "Filters: terms side by side must all hold"), list(FILTERS, "code")),
      h("div", {}, h("h3", {}, "In the waterfall"), h("p", { class: "dim" },
        "The line below a bar is the critical path: the time that the answer waited for. Bars off it are paler. A hatched bar with ✗ failed. 12× is one row for that many alike; unfold it to see each."))),
  );
  dialog.showModal();
}
