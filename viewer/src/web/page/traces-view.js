// The live list of traces.

import * as api from "./api.js";
import { colorOf } from "./colors.js";
import { fill, h } from "./dom.js";
import { counted, duration, number, timeOfDay } from "./format.js";
import { live } from "./live.js";
import { address, go, rememberList, replace } from "./route.js";
import { VirtualRows } from "./virtual-rows.js";

const ROW_HEIGHT = 32;
const LIMIT = 1000;

const COLUMNS = [
  { name: "Started", sort: "start", className: "time" },
  { name: "", className: "mark" },
  { name: "Request", sort: "name", className: "name" },
  { name: "Services", sort: "service", className: "services" },
  { name: "Status", sort: "status", className: "code" },
  { name: "Duration", sort: "duration", className: "number" },
  { name: "Spans", sort: "spans", className: "number spans" },
  { name: "Errors", sort: "errors", className: "number errors" },
];

export function tracesView(parameters) {
  const state = {
    filter: parameters.get("filter") ?? "",
    sort: parameters.get("sort") ?? "start",
    order: parameters.get("order") ?? "desc",
    mute: parameters.get("health") === "hide",
    since: parameters.get("since") ?? "",
    selected: parameters.get("trace") ?? "",
  };
  let list = { traces: [], total: 0, matched: 0 };
  let longest = 1;
  let asking = null;
  let timer = null;

  const filter = h("input", {
    type: "search", class: "grow", value: state.filter, spellcheck: "false", autocomplete: "off",
    "aria-label": "Filter traces", placeholder: 'Filter: service:orders status:error duration>50ms name:"GET /a*" db.system.name=h2 text',
    oninput: () => {
      state.filter = filter.value;
      changed(150);
    },
  });
  const toggle = (text, title, pressed, onclick) => h("button", { type: "button", title, "aria-pressed": String(pressed), onclick }, text);
  const errors = toggle("Errors only", "Traces with errors (adds status:error)", false, toggleErrors);
  const mute = toggle("Mute health checks", "Leave requests of load balancers and monitors out (H)", state.mute, toggleMute);
  const pause = toggle("Pause", "Stop the list from changing (P)", live.paused, () => document.dispatchEvent(new Event("otelrs-pause")));
  const since = toggle("Since now", "Only traces that begin from now on (t)", state.since !== "", toggleSince);
  const note = h("div", { class: "note", role: "status" });
  const head = h("div", { class: "trace-row trace-head", role: "row", "aria-rowindex": "1" });
  const scroller = h("div", { class: "scroller", role: "presentation" });
  const grid = h("div", { class: "grid", role: "grid", "aria-label": "Traces", tabindex: "0" }, h("div", { role: "rowgroup" }, head), scroller);
  const empty = h("div", { class: "empty", hidden: true });
  const element = h("section", { class: "view", "aria-label": "Traces" }, h("div", { class: "bar", role: "search" }, filter, errors, mute, since, pause), note, grid, empty);
  const rows = new VirtualRows(scroller, ROW_HEIGHT, drawRow);
  drawHead();

  function toggleErrors() {
    const without = state.filter.replace(/(^|\s)status:error(?=\s|$)/g, " ").trim();
    state.filter = /(^|\s)status:error(\s|$)/.test(state.filter) ? without : `${without} status:error`.trim();
    filter.value = state.filter;
    changed();
  }

  function toggleMute() {
    state.mute = !state.mute;
    changed();
  }

  function toggleSince() {
    state.since = state.since ? "" : String(BigInt(Date.now()) * 1_000_000n);
    changed();
  }

  function sortBy(column) {
    if (state.sort === column) state.order = state.order === "desc" ? "asc" : "desc";
    else Object.assign(state, { sort: column, order: ["name", "service"].includes(column) ? "asc" : "desc" });
    changed();
  }

  function drawHead() {
    fill(head, COLUMNS.map(({ name, sort, className }) => {
      const direction = state.sort === sort && (state.order === "desc" ? "descending" : "ascending");
      const arrow = direction ? (direction === "descending" ? " ↓" : " ↑") : "";
      const cell = { role: "columnheader", class: className, "aria-sort": direction };
      if (!sort) return h("div", { ...cell, "aria-label": "Outcome" });
      return h("div", cell, h("button", { type: "button", tabindex: "-1", title: `Sort by ${name.toLowerCase()}`, onclick: () => sortBy(sort) }, `${name}${arrow}`));
    }));
  }

  function drawRow(index) {
    const trace = list.traces[index];
    const failed = trace.errors > 0;
    const cell = (className, ...content) => h("div", { role: "gridcell", class: className }, content);
    const share = Math.max(1, (trace.durationNanos / longest) * 100);
    const fillBar = h("span");
    fillBar.style.width = `${share}%`;
    return h(
      "div",
      {
        role: "row", id: `trace-${trace.traceId}`, class: `trace-row${failed ? " failed" : ""}`,
        "aria-selected": String(trace.traceId === state.selected), "data-trace": trace.traceId,
        onclick: () => open(trace.traceId),
      },
      cell("time", timeOfDay(trace.startUnixNano)),
      h("div", { role: "gridcell", class: "mark", "aria-label": failed ? "failed" : "no errors" }, failed ? "✗" : "✓"),
      h("div", { role: "gridcell", class: "name", title: trace.name }, h("span", { class: "dot", color: colorOf(trace.service) }), trace.name, trace.complete ? "" : " …"),
      cell("services", trace.services.join(" → ")),
      cell("code", trace.status ? h("span", { class: "status-code" }, trace.status) : ""),
      h("div", { role: "gridcell", class: "duration" }, h("span", { class: "track" }, fillBar), h("span", { class: "value" }, duration(trace.durationNanos))),
      cell("number spans", number(trace.spans)),
      cell("number errors", trace.errors ? h("span", { class: "error" }, number(trace.errors)) : ""),
    );
  }

  function place() {
    const { filter, sort, order, mute, since, selected } = state;
    return address("traces", {
      filter, sort: sort === "start" ? "" : sort, order: order === "desc" ? "" : order,
      health: mute ? "hide" : "", since, trace: selected,
    });
  }

  /** The question has changed: ask again, after a moment when more keystrokes may follow. */
  function changed(delay = 0) {
    replace(place());
    drawHead();
    errors.setAttribute("aria-pressed", String(/(^|\s)status:error(\s|$)/.test(state.filter)));
    mute.setAttribute("aria-pressed", String(state.mute));
    since.setAttribute("aria-pressed", String(state.since !== ""));
    clearTimeout(timer);
    timer = setTimeout(() => load({ keepPlace: false }), delay);
  }

  async function load({ keepPlace }) {
    asking?.abort();
    const controller = (asking = new AbortController());
    const { filter: text, sort, order, since: from } = state;
    try {
      const answer = await api.get(`/api/traces${api.query({ filter: text, sort, order, since: from, health: state.mute ? "hide" : "", limit: LIMIT })}`, controller.signal);
      show(answer, keepPlace);
      filter.setAttribute("aria-invalid", "false");
    } catch (error) {
      if (error.name === "AbortError") return;
      filter.setAttribute("aria-invalid", String(error.status === 400));
      note.className = "note problem";
      fill(note, error.message);
    }
  }

  function show(answer, keepPlace) {
    const anchor = keepPlace && rows.scrollTop > 0 ? list.traces[Math.floor(rows.scrollTop / ROW_HEIGHT)]?.traceId : null;
    const offset = rows.scrollTop % ROW_HEIGHT;
    list = answer;
    longest = list.traces.reduce((most, trace) => Math.max(most, trace.durationNanos), 1);
    grid.setAttribute("aria-rowcount", String(list.traces.length + 1));
    const nothing = list.traces.length === 0;
    grid.hidden = nothing;
    empty.hidden = !nothing;
    if (nothing) showEmpty();
    rows.reset(list.traces.length);
    // New traces come in above what is being read: the row at the top stays there.
    const position = anchor ? list.traces.findIndex((trace) => trace.traceId === anchor) : -1;
    if (position > 0) rows.scrollTop = position * ROW_HEIGHT + offset;
    else if (!keepPlace) rows.scrollTop = 0;
    showSelection();
    note.className = "note";
    const shown = list.matched > list.traces.length ? `the first ${number(list.traces.length)} of ` : "";
    const muted = list.muted ? `; ${counted(list.muted, "health check")} muted` : "";
    fill(note, `${shown}${counted(list.matched, "trace")}${list.matched < list.total ? ` of ${number(list.total)}` : ""}${muted}${live.paused ? "; paused" : ""}`);
  }

  function showEmpty() {
    if (list.total > 0) {
      fill(empty, h("h2", {}, "No trace matches"), h("p", {}, `${counted(list.total, "trace")} held. `, h("button", { type: "button", class: "link", onclick: reset }, "Show all of them")));
      return;
    }
    const http = live.status?.otlpHttp ?? "";
    fill(
      empty,
      h("h2", {}, "Waiting for the first trace"),
      h("p", {}, "Run a Java application under the agent:"),
      h("code", {}, "otelrs run -- java -jar app.jar"),
      h("p", {}, "or let any OpenTelemetry SDK send here:"),
      h("code", {}, `OTEL_EXPORTER_OTLP_ENDPOINT=${http}`),
      h("p", {}, `http/protobuf and http/json at ${http}, gRPC at ${live.status?.otlpGrpc ?? ""}.`),
    );
  }

  function reset() {
    Object.assign(state, { filter: "", mute: false, since: "" });
    filter.value = "";
    changed();
  }

  function showSelection() {
    const index = list.traces.findIndex((trace) => trace.traceId === state.selected);
    if (index >= 0 && rows.element(index)) grid.setAttribute("aria-activedescendant", `trace-${state.selected}`);
    else grid.removeAttribute("aria-activedescendant");
  }

  function select(index) {
    const before = list.traces.findIndex((trace) => trace.traceId === state.selected);
    const next = Math.max(0, Math.min(list.traces.length - 1, index));
    if (!list.traces[next]) return;
    state.selected = list.traces[next].traceId;
    rows.redraw(before);
    rows.reveal(next);
    rows.redraw(next);
    showSelection();
    replace(place());
  }

  function open(traceId) {
    if (!traceId) return;
    state.selected = traceId;
    replace(place());
    go(address("traces", { traceId }));
  }

  const move = (by) => {
    const at = list.traces.findIndex((trace) => trace.traceId === state.selected);
    select(at < 0 ? (by > 0 ? 0 : list.traces.length - 1) : at + by);
  };
  const nextSort = () => {
    const sorts = COLUMNS.map((column) => column.sort).filter(Boolean);
    state.order = "desc";
    state.sort = sorts[(sorts.indexOf(state.sort) + 1) % sorts.length];
    changed();
  };
  const keys = {
    j: () => move(1), ArrowDown: () => move(1), k: () => move(-1), ArrowUp: () => move(-1),
    g: () => select(0), Home: () => select(0), G: () => select(Infinity), End: () => select(Infinity),
    PageDown: () => move(rows.pageSize), PageUp: () => move(-rows.pageSize),
    Enter: () => open(state.selected), l: () => open(state.selected), ArrowRight: () => open(state.selected),
    "/": () => filter.focus(), s: nextSort, S: () => sortBy(state.sort),
    H: toggleMute, t: toggleSince, E: toggleErrors, Escape: () => document.activeElement === filter && grid.focus(),
  };

  changed();
  return {
    element,
    title: "traces",
    keys,
    refresh: () => load({ keepPlace: true }),
    paused: () => {
      pause.setAttribute("aria-pressed", String(live.paused));
      fill(pause, live.paused ? "Continue" : "Pause");
    },
    /** What an export holds. */
    exportQuery: () => api.query({ filter: state.filter, since: state.since, health: state.mute ? "hide" : "" }),
    focus: () => grid.focus(),
    leave: () => {
      rememberList(place());
      asking?.abort();
    },
  };
}
