// One trace: its waterfall, find, and the detail of the selected span.

import * as api from "./api.js";
import { colorsOf } from "./colors.js";
import { copy, fill, h } from "./dom.js";
import { detailPanel } from "./detail.js";
import { counted, dateAndTime, duration } from "./format.js";
import { live } from "./live.js";
import { address, go, lastList, replace } from "./route.js";
import { logRow, spanRow, visibleRows, withLogRows } from "./waterfall.js";
import { VirtualRows } from "./virtual-rows.js";

const ROW_HEIGHT = 26;

export function traceView(traceId, parameters) {
  const state = {
    selected: parameters.get("span") ?? "",
    find: parameters.get("find") ?? "",
    /** Keys of rows whose descendants, or members, are hidden. */
    folded: new Set(),
    showLogs: true,
  };
  let trace = null;
  let shown = [];
  let matches = new Set();
  let colors = new Map();
  let timer = null;
  /** How many findings the viewer had when the trace was asked for. */
  let findingsThen;

  const title = h("div", { class: "trace-title" });
  const facts = h("div", { class: "trace-facts" });
  const findings = h("ul", { class: "trace-findings", "aria-label": "Findings in this trace", hidden: true });
  const find = h("input", {
    type: "search", class: "grow", value: state.find, spellcheck: "false", autocomplete: "off", "aria-label": "Find in this trace",
    placeholder: "Find: text, or a filter such as duration>5ms or db.system.name=h2",
    oninput: () => {
      state.find = find.value;
      clearTimeout(timer);
      timer = setTimeout(() => lookFor({ step: true }), 150);
    },
    onkeydown: (event) => {
      if (event.key === "Enter") nextMatch(event.shiftKey ? -1 : 1);
    },
  });
  const found = h("span", { class: "dim", role: "status" });
  const button = (text, title, onclick) => h("button", { type: "button", title, onclick }, text);
  const bar = h(
    "div", { class: "bar", role: "search" },
    button("← Traces", "Back to the list (Esc)", back), find, found,
    button("Next match", "Next match (n)", () => nextMatch(1)), button("Next error", "Next error (e)", () => nextError(1)),
    button("Unfold all", "Show all spans (r)", () => foldAll(false)), button("Collapse repeats", "Repeats in one row (r)", () => foldAll(true)),
    button("Logs", "Log records below their spans, or none (o)", toggleLogs),
  );
  const axis = h("div", { class: "axis", role: "row", "aria-rowindex": "1" });
  const scroller = h("div", { class: "scroller", role: "presentation" });
  const grid = h("div", { class: "grid", role: "treegrid", "aria-label": "Waterfall", tabindex: "0" }, h("div", { role: "rowgroup" }, axis), scroller);
  const detail = detailPanel(traceId, { onclose: () => select(-1), onfilter: (text) => go(address("traces", { filter: text })) });
  const element = h("section", { class: "view", "aria-label": "Trace" }, bar, title, facts, findings, h("div", { class: "split" }, grid, detail.element));
  const rows = new VirtualRows(scroller, ROW_HEIGHT, (index) => {
    const row = trace.rows[shown[index]];
    const look = { color: colors.get(trace.services[row.service]), selected: row.key === state.at, onclick: () => select(index) };
    if (row.log) return logRow(row, look);
    return spanRow(row, trace, { ...look, match: matches.has(row.spanId), folded: state.folded.has(row.key), onfold: () => fold(index) });
  });

  async function load() {
    findingsThen = live.status?.findings;
    try {
      const next = await api.get(`/api/traces/${encodeURIComponent(traceId)}`);
      const first = trace === null;
      trace = next;
      trace.rows = withLogRows(trace.rows);
      colors = colorsOf(trace.services);
      if (first) trace.rows.filter((row) => row.repeats).forEach((row) => state.folded.add(row.key));
      if (first && state.selected) unfoldAbove(state.selected);
      drawHead();
      drawRows();
      if (state.find) await lookFor({ step: false });
      if (first && state.selected) select(indexOf(state.selected));
    } catch (error) {
      fill(title, h("h1", {}, "This trace is not here"));
      fill(facts, error.status === 404 ? "It has left the store, or was never received. A viewer with --store FILE keeps traces for longer." : error.message);
    }
  }

  /** Asks whether spans came late, before asking for all of them. Findings come when a trace has settled. */
  async function refresh() {
    if (live.status?.findings !== findingsThen) {
      await load();
      return;
    }
    const { traces } = await api.get(`/api/traces${api.query({ filter: `trace:${traceId}`, limit: 1 })}`).catch(() => ({ traces: [] }));
    if (traces[0] && traces[0].spans !== trace?.spans) await load();
  }

  function drawHead() {
    const errors = trace.errors ? h("span", { class: "error" }, `✗ ${counted(trace.errors, "error")}`) : null;
    fill(title, h("h1", {}, trace.name), trace.status ? h("span", { class: trace.errors ? "failed" : "" }, h("span", { class: "status-code" }, trace.status)) : null);
    fill(
      facts,
      h("strong", { class: "service" }, duration(trace.durationNanos)), counted(trace.spans, "span"), errors,
      trace.services.map((service) => h("span", { class: "service" }, h("span", { class: "dot", color: colors.get(service) }), service)),
      h("span", {}, dateAndTime(trace.startUnixNano)),
      h("span", { class: "mono" }, trace.traceId),
      button("Copy id", "Copy the trace id (y)", () => copy(trace.traceId, "trace id")),
      button("Copy link", "Copy a link to what is shown", () => copy(location.href, "link")),
      h("a", { href: `/api/export${api.query({ filter: `trace:${trace.traceId}` })}`, download: `trace-${trace.traceId}.json` }, "OTLP JSON"),
      trace.complete ? null : h("span", {}, "more spans may come"),
    );
    findings.hidden = trace.findings.length === 0;
    fill(findings, trace.findings.map((finding) => h("li", {}, h("strong", {}, `${finding.kind}: `), finding.sentence, " ", h("span", { class: "dim" }, finding.remedy))));
    const ticks = [0, 0.25, 0.5, 0.75].map((part) => {
      const tick = h("span", { class: "tick" }, duration(trace.durationNanos * part));
      tick.style.left = `${part * 100}%`;
      return tick;
    });
    fill(axis, h("div", { role: "columnheader" }, "Span"), h("div", { role: "columnheader", class: "ticks", "aria-label": "Time" }, ticks), h("div", { role: "columnheader", class: "took" }, "Duration"));
  }

  function drawRows() {
    shown = visibleRows(trace.rows, state.folded, state.showLogs);
    grid.setAttribute("aria-rowcount", String(shown.length + 1));
    rows.reset(shown.length);
    showActive();
  }

  const isRowOf = (row, spanId) => row.spanId === spanId && !row.repeats && !row.log;
  const indexOf = (spanId) => shown.findIndex((number) => isRowOf(trace.rows[number], spanId));
  const selectedIndex = () => shown.findIndex((number) => trace.rows[number].key === state.at);

  function select(index) {
    const before = selectedIndex();
    const row = index < 0 ? null : trace?.rows[shown[Math.max(0, Math.min(shown.length - 1, index))]];
    state.at = row?.key;
    state.selected = row?.spanId ?? "";
    rows.redraw(before);
    if (row) {
      const at = selectedIndex();
      rows.reveal(at);
      rows.redraw(at);
    }
    detail.show(row);
    showActive();
    replace(place());
  }

  function showActive() {
    const element = rows.element(selectedIndex());
    if (element) grid.setAttribute("aria-activedescendant", element.id);
    else grid.removeAttribute("aria-activedescendant");
  }

  const place = () => address("traces", { traceId, span: state.selected, find: state.find });

  function fold(index) {
    const { key } = trace.rows[shown[index]];
    if (!state.folded.delete(key)) state.folded.add(key);
    const top = rows.scrollTop;
    drawRows();
    rows.scrollTop = top;
  }

  function foldAll(repeats) {
    state.folded.clear();
    if (repeats) trace.rows.filter((row) => row.repeats).forEach((row) => state.folded.add(row.key));
    drawRows();
    rows.reveal(Math.max(0, selectedIndex()));
  }

  function toggleLogs() {
    state.showLogs = !state.showLogs;
    drawRows();
    rows.reveal(Math.max(0, selectedIndex()));
  }

  /** Shows every row above the span, so that its own row is there. */
  function unfoldAbove(spanId) {
    const number = trace.rows.findIndex((row) => isRowOf(row, spanId));
    let depth = trace.rows[number]?.depth ?? 0;
    for (let above = number - 1; above >= 0 && depth > 0; above -= 1) {
      if (trace.rows[above].depth < depth) {
        state.folded.delete(trace.rows[above].key);
        ({ depth } = trace.rows[above]);
      }
    }
  }

  async function lookFor({ step }) {
    replace(place());
    try {
      const answer = state.find ? await api.get(`/api/traces/${encodeURIComponent(traceId)}/find${api.query({ filter: state.find })}`) : { spans: [] };
      matches = new Set(answer.spans);
      find.setAttribute("aria-invalid", "false");
      fill(found, state.find ? counted(matches.size, "match").replace("matchs", "matches") : "");
      rows.refresh();
      if (step && matches.size) nextMatch(1, { from: 0 });
    } catch (error) {
      find.setAttribute("aria-invalid", "true");
      fill(found, error.message);
    }
  }

  /** Goes on at the other end after the last one. */
  function next(by, wanted, from = (current()?.number ?? (by > 0 ? -1 : 0)) + by) {
    if (!trace) return;
    const count = trace.rows.length;
    for (let step = 0; step < count; step += 1) {
      const row = trace.rows[(((from + step * by) % count) + count) % count];
      if (row.repeats || row.log || !wanted(row)) continue;
      unfoldAbove(row.spanId);
      drawRows();
      select(indexOf(row.spanId));
      return;
    }
  }

  const nextMatch = (by, { from } = {}) => next(by, (row) => matches.has(row.spanId), from);
  const nextError = (by) => next(by, (row) => row.failed);

  function back() {
    go(lastList());
  }

  function toggleFold() {
    if (current()?.expandable) fold(selectedIndex());
  }

  const move = (by) => select(selectedIndex() < 0 ? (by > 0 ? 0 : shown.length - 1) : Math.max(0, selectedIndex() + by));
  const current = () => trace?.rows[shown[selectedIndex()]];
  const open = (wanted) => {
    const row = current();
    const index = selectedIndex();
    if (!row || index < 0) return;
    if (row.expandable && state.folded.has(row.key) === wanted) fold(index);
    else if (!wanted) move(-1);
    else move(1);
  };
  const keys = {
    j: () => move(1), ArrowDown: () => move(1), k: () => move(-1), ArrowUp: () => move(-1),
    g: () => select(0), Home: () => select(0), G: () => select(Infinity), End: () => select(Infinity),
    PageDown: () => move(rows.pageSize), PageUp: () => move(-rows.pageSize),
    ArrowRight: () => open(true), ArrowLeft: () => open(false), h: back,
    Enter: toggleFold, l: toggleFold, " ": toggleFold, r: () => foldAll(trace.rows.some((row) => row.repeats && !state.folded.has(row.key))),
    o: toggleLogs, "/": () => find.focus(), n: () => nextMatch(1), N: () => nextMatch(-1), e: () => nextError(1), E: () => nextError(-1),
    y: () => copy(traceId, "trace id"), Y: () => detail.copyJson(),
    Escape: () => {
      if (document.activeElement === find) grid.focus();
      else if (state.selected) select(-1);
      else back();
    },
  };

  load();
  return {
    element,
    title: "trace",
    keys,
    refresh,
    exportQuery: () => api.query({ filter: `trace:${traceId}` }),
    focus: () => grid.focus(),
    paused: () => {},
    leave: () => clearTimeout(timer),
  };
}
