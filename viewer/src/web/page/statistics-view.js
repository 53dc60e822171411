// Routes and queries: count, errors, percentiles, each compared with the run before.

import * as api from "./api.js";
import { colorOf } from "./colors.js";
import { fill, h } from "./dom.js";
import { duration, number } from "./format.js";
import { address, go } from "./route.js";

/** Smaller changes of a median are noise. */
const NOTABLE = 0.15;

const COLUMNS = [
  { key: "name", name: "Operation", text: true },
  { key: "service", name: "Service", text: true },
  { key: "count", name: "Count" },
  { key: "errors", name: "Errors" },
  { key: "p50Nanos", name: "p50" },
  { key: "p95Nanos", name: "p95" },
  { key: "p99Nanos", name: "p99" },
  { key: "totalNanos", name: "In all" },
  { key: "queriesPerRequest", name: "Queries a request" },
];

export function statisticsView(parameters) {
  const state = { sort: "totalNanos", descending: true, mute: parameters.get("health") === "hide" };
  let statistics = { routes: [], queries: [] };
  const body = h("div");
  const mute = h("button", { type: "button", "aria-pressed": String(state.mute), title: "Leave requests of load balancers and monitors out (H)", onclick: toggleMute }, "Mute health checks");
  const element = h(
    "section", { class: "view page", "aria-label": "Routes and queries", tabindex: "-1" },
    h("div", { class: "bar" }, h("span", { class: "grow dim" }, "Over the traces held, of the current run of each service; ▲ and ▼ compare with the run before."), mute),
    body,
  );

  function toggleMute() {
    state.mute = !state.mute;
    mute.setAttribute("aria-pressed", String(state.mute));
    load();
  }

  async function load() {
    try {
      statistics = await api.get(`/api/statistics${api.query({ health: state.mute ? "hide" : "" })}`);
      draw();
    } catch (error) {
      fill(body, h("p", { class: "error" }, error.message));
    }
  }

  function draw() {
    const nothing = statistics.routes.length + statistics.queries.length === 0;
    fill(body, nothing ? h("p", { class: "dim" }, "No request and no query yet.") : [table("Routes", statistics.routes), table("Queries", statistics.queries)]);
  }

  function table(title, list) {
    if (!list.length) return null;
    const compare = (a, b) => (typeof a === "string" ? a.localeCompare(b) : (a ?? -1) - (b ?? -1));
    const sorted = [...list].sort((a, b) => compare(a[state.sort], b[state.sort]) * (state.descending ? -1 : 1));
    const heads = COLUMNS.map((column) => {
      const direction = state.sort === column.key && (state.descending ? "descending" : "ascending");
      return h("th", { scope: "col", class: column.text ? "text" : "", "aria-sort": direction }, h("button", { type: "button", onclick: () => sortBy(column.key) }, column.name, direction ? (state.descending ? " ↓" : " ↑") : ""));
    });
    return [
      h("h2", {}, title),
      h("div", { class: "table-frame" }, h("table", { "aria-label": title }, h("thead", {}, h("tr", {}, heads)), h("tbody", {}, sorted.map((line) => row(line))))),
    ];
  }

  function sortBy(key) {
    if (state.sort === key) state.descending = !state.descending;
    else Object.assign(state, { sort: key, descending: !["name", "service"].includes(key) });
    draw();
  }

  function row(line) {
    const before = line.before;
    const filter = `service:${quoted(line.service)} name:${quoted(line.name)}`;
    const fresh = before?.newErrors.length ? h("span", { class: "change worse", title: before.newErrors.join(", ") }, `new: ${before.newErrors.map((name) => name.split(".").at(-1)).join(", ")}`) : null;
    return h(
      "tr", {},
      h("td", { class: "text" }, h("a", { href: address("traces", { filter }), title: `Traces with ${line.name}` }, line.name)),
      h("td", { class: "text" }, h("span", { class: "dot", color: colorOf(line.service) }), line.service),
      h("td", {}, number(line.count)),
      h("td", { title: line.errorKinds.join(", ") }, line.errors ? h("span", { class: "error" }, `✗ ${number(line.errors)}`) : "0", fresh),
      h("td", {}, duration(line.p50Nanos), ratio(line.p50Nanos, before?.p50Nanos)),
      h("td", {}, duration(line.p95Nanos)),
      h("td", {}, duration(line.p99Nanos)),
      h("td", {}, duration(line.totalNanos)),
      h("td", {}, line.queriesPerRequest === null ? "" : line.queriesPerRequest.toFixed(1), difference(line.queriesPerRequest, before?.queriesPerRequest)),
    );
  }

  load();
  return {
    element,
    title: "routes and queries",
    keys: { H: toggleMute, Escape: () => go(address("traces")) },
    refresh: load,
    focus: () => element.focus(),
    paused: () => {},
    leave: () => {},
  };
}

function quoted(text) {
  return `"${text.replace(/[\\"*]/g, (found) => `\\${found}`)}"`;
}

function change(worse, text, before) {
  return h("span", { class: `change ${worse ? "worse" : "better"}`, title: `${before} in the run before` }, text);
}

function ratio(value, before) {
  if (!before) return null;
  const part = value / before - 1;
  if (Math.abs(part) < NOTABLE) return null;
  return change(part > 0, `${part > 0 ? "▲" : "▼"} ${Math.abs(part) >= 1 ? `${(part + 1).toFixed(1)}×` : `${Math.round(Math.abs(part) * 100)}%`}`, duration(before));
}

function difference(value, before) {
  if (value === null || before === null || before === undefined || Math.abs(value - before) < 0.05) return null;
  return change(value > before, `${value > before ? "▲ +" : "▼ −"}${Math.abs(value - before).toFixed(1)}`, before.toFixed(1));
}
