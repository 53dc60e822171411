// What is wrong with the traces, and what to do about it.

import * as api from "./api.js";
import { fill, h } from "./dom.js";
import { counted, dateAndTime, duration, number } from "./format.js";
import { address, go } from "./route.js";

const TITLES = {
  "missing-parent": "A parent that never came",
  "unaccounted-time": "Time that no span accounts for",
  "repeated-query": "The same query again and again",
  "exploding-cardinality": "Too many different names or values",
  "duplicate-server-span": "Two server spans for one request",
  "slow-connection-acquisition": "Waiting for a database connection",
};

export function findingsView() {
  const list = h("div", { class: "findings" });
  const note = h("p", { class: "dim", role: "status" });
  const element = h("section", { class: "view page", "aria-label": "Findings", tabindex: "-1" }, note, list);

  async function load() {
    try {
      const { findings } = await api.get("/api/findings");
      fill(note, findings.length ? `${counted(findings.length, "finding")}, over all traces since the start. Scripts: otelrs findings --json` : "Nothing found in what has come so far. Findings appear here by themselves.");
      fill(list, findings.map(card));
    } catch (error) {
      fill(note, error.message);
    }
  }

  load();
  return {
    element,
    title: "findings",
    keys: { Escape: () => go(address("traces")) },
    refresh: load,
    focus: () => element.focus(),
    paused: () => {},
    leave: () => {},
  };
}

function size(finding, value) {
  return finding.unit === "nanoseconds" ? duration(value) : `${number(value)} ${finding.unit}`;
}

function card(finding) {
  const evidence = finding.evidence.map((place) =>
    h("li", {}, h("a", { href: address("traces", { traceId: place.traceId, span: place.spanId }) }, `trace ${place.traceId.slice(0, 8)}`), ` ${place.note}`));
  return h(
    "article", { class: "finding" },
    h("h2", {}, `${TITLES[finding.kind] ?? finding.kind}: ${finding.subject}`),
    h("div", { class: "facts" },
      h("code", {}, finding.kind), h("span", {}, finding.service), finding.route && h("span", {}, finding.route),
      h("span", {}, `seen ${counted(finding.count, "time")}`), h("span", {}, `${size(finding, finding.total)} in all, ${size(finding, finding.worst)} at worst`),
      h("span", {}, `last ${dateAndTime(finding.lastSeenUnixNano)}`)),
    h("p", {}, finding.sentence),
    h("p", { class: "remedy" }, finding.remedy),
    evidence.length ? h("ul", { "aria-label": "Where it was seen" }, evidence) : null,
  );
}
