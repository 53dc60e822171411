// The rows of a waterfall.

import { h } from "./dom.js";
import { duration } from "./format.js";

/** Deeper spans are indented no further. */
const DEEPEST = 18;

/** The rows with those of log records below their spans. Late spans shift the numbers of rows, never their keys. */
export function withLogRows(rows) {
  const all = [];
  const push = (row) => all.push({ ...row, number: all.length });
  for (const row of rows) {
    push({ ...row, key: `${row.repeats ? "repeats" : "span"}-${row.spanId}` });
    const logs = [...row.logs];
    if (row.moreLogs) logs.push({ severity: "", text: `${row.moreLogs} more log records: the detail shows them`, failed: false });
    logs.forEach((log, index) => push({ ...row, log, key: `log-${row.spanId}-${index}`, depth: row.depth + 1, expandable: false }));
  }
  return all;
}

/** Numbers of the rows to show: those below a folded row are left out, and log records where they are not wanted. */
export function visibleRows(rows, folded, showLogs) {
  const shown = [];
  let hiddenBelow = Infinity;
  for (const row of rows) {
    if (row.depth > hiddenBelow || (row.log && !showLogs)) continue;
    hiddenBelow = folded.has(row.key) ? row.depth : Infinity;
    shown.push(row.number);
  }
  return shown;
}

/** A log record below its span. */
export function logRow(row, { color, selected, onclick }) {
  const classes = ["span-row", "log-row", row.log.failed && "failed"];
  return h(
    "div",
    {
      role: "row", id: `row-${row.number}`, class: classes.filter(Boolean).join(" "), color, "data-number": row.number,
      "aria-level": row.depth + 1, "aria-selected": String(selected), onclick,
    },
    h(
      "div", { role: "gridcell", class: "label" }, guides(row),
      h("span", { class: "text", title: row.log.text }, row.log.severity && h("strong", {}, row.log.severity), " ", row.log.text),
    ),
  );
}

/** One row of the waterfall. */
export function spanRow(row, trace, { color, selected, match, folded, onclick, onfold }) {
  const failed = row.failed || row.repeats?.errors > 0;
  const classes = ["span-row", failed && "failed", row.critical.length && "on-path", match && "match"];
  const service = trace.services[row.service];
  const took = row.repeats ? row.repeats.totalNanos : row.durationNanos;
  return h(
    "div",
    {
      role: "row", id: `row-${row.number}`, class: classes.filter(Boolean).join(" "), color, "data-number": row.number,
      "aria-level": row.depth + 1, "aria-selected": String(selected), "aria-expanded": row.expandable ? String(!folded) : null,
      onclick,
    },
    label(row, service, folded, failed, onfold),
    h("div", { role: "gridcell", class: "timeline", "aria-label": place(row, trace) }, bars(row, trace)),
    h("div", { role: "gridcell", class: "took" }, duration(took)),
  );
}

function guides(row) {
  return Array.from({ length: Math.min(row.depth, DEEPEST) }, () => h("span", { class: "guide" }));
}

function label(row, service, folded, failed, onfold) {
  const fold = h(
    "button",
    {
      type: "button", tabindex: "-1", class: `fold${row.expandable ? "" : " leaf"}`, "aria-label": folded ? "Unfold" : "Fold",
      onclick: (event) => {
        event.stopPropagation();
        onfold();
      },
    },
    folded ? "▶" : "▼",
  );
  const text = h(
    "span", { class: "text", title: `${service}: ${row.name}` },
    row.repeats && h("span", { class: "count" }, `${row.repeats.count}×`),
    row.orphan && h("span", { class: "error", title: "Its parent never came" }, "? "),
    h("span", { class: "name" }, row.name),
    h("span", { class: "kind" }, row.kind === "INTERNAL" ? "" : row.kind),
    row.failure && h("span", { class: "why", title: row.failure }, withoutPackage(row.failure)),
    !row.failure && row.detail && h("span", { class: "extra" }, row.detail),
  );
  return h(
    "div", { role: "gridcell", class: "label" },
    guides(row), fold, h("span", { class: "dot", title: service }), failed && h("span", { class: "cross", role: "img", "aria-label": "error" }, "✗"),
    text,
  );
}

/** "IllegalStateException: no such order": the class says more than its package, which the title still has. */
function withoutPackage(failure) {
  return failure.replace(/^(?:[a-z_][\w$]*\.)+(?=[A-Z])/, "");
}

function place(row, trace) {
  const share = trace.durationNanos ? Math.round((row.offsetNanos / trace.durationNanos) * 100) : 0;
  const path = row.critical.length ? ", on the critical path" : "";
  return `starts at ${duration(row.offsetNanos)} (${share}%), takes ${duration(row.durationNanos)}${path}`;
}

function bars(row, trace) {
  const total = trace.durationNanos || 1;
  const left = (row.offsetNanos / total) * 100;
  const bar = h("span", { class: "span-bar" });
  bar.style.left = `min(${left}%, 100% - 2px)`;
  bar.style.width = `${Math.max(0, (row.durationNanos / total) * 100)}%`;
  if (!row.critical.length) return bar;
  // One element with a gradient, however many stretches the path has: each element more costs frames.
  const stops = [];
  for (const [from, to] of merged(row.critical, total / 500)) {
    const [start, end] = [(from / total) * 100, (Math.max(to, from + total / 500) / total) * 100];
    stops.push(`transparent ${start}%`, `var(--critical) ${start}%`, `var(--critical) ${end}%`, `transparent ${end}%`);
  }
  const path = h("span", { class: "path" });
  path.style.backgroundImage = `linear-gradient(to right, ${stops.join(", ")})`;
  return [bar, path];
}

/** Stretches that no eye can tell apart become one. */
function merged(segments, gap) {
  const out = [];
  for (const [from, to] of segments) {
    const last = out.at(-1);
    if (last && from - last[1] <= gap) last[1] = to;
    else out.push([from, to]);
  }
  return out;
}
