// The latest value of each metric.

import * as api from "./api.js";
import { fill, h } from "./dom.js";
import { counted, number, timeOfDay } from "./format.js";
import { address, go } from "./route.js";

export function metricsView() {
  const body = h("div");
  const element = h("section", { class: "view page", "aria-label": "Metrics", tabindex: "-1" }, body);

  async function load() {
    try {
      const { series } = await api.get("/api/metrics");
      fill(body, series.length ? table(series) : h("p", { class: "dim" }, "No metrics yet. What arrives at the OTLP ports is shown here, the latest point of each series."));
    } catch (error) {
      fill(body, h("p", { class: "error" }, error.message));
    }
  }

  load();
  return {
    element,
    title: "metrics",
    keys: { Escape: () => go(address("traces")) },
    refresh: load,
    focus: () => element.focus(),
    paused: () => {},
    leave: () => {},
  };
}

function table(series) {
  const text = (content, title) => h("td", { class: "text", title }, content);
  const rows = series.map((line) => {
    const attributes = line.attributes.map(([key, value]) => `${key}=${value}`).join("  ");
    return h("tr", {}, text(line.name, line.description), text(line.service), text(attributes, attributes), text(line.kind), h("td", {}, shown(line)), h("td", {}, timeOfDay(line.timeUnixNano)));
  });
  const head = (name, className) => h("th", { scope: "col", class: className }, name);
  return [
    h("p", { class: "dim" }, `${counted(series.length, "series").replace("seriess", "series")}, the latest point of each.`),
    h("div", { class: "table-frame" }, h("table", { "aria-label": "Metrics" },
      h("thead", {}, h("tr", {}, head("Metric", "text"), head("Service", "text"), head("Attributes", "text"), head("Kind", "text"), head("Latest", ""), head("At", ""))),
      h("tbody", {}, rows))),
  ];
}

function shown({ value, unit }) {
  const plain = (figure) => (Number.isInteger(figure) ? number(figure) : Number(figure).toPrecision(4));
  if (value === null || typeof value === "number") return `${value === null ? "none" : plain(value)} ${unit}`;
  const mean = value.count && value.sum !== null ? `, mean ${plain(value.sum / value.count)} ${unit}` : "";
  return `${number(value.count)} measured${mean}`;
}
