// What the viewer says by itself: a line for each change, as long as somebody looks.

import { bytes, counted, number } from "./format.js";
import { fill } from "./dom.js";

export const live = {
  paused: false,
  /** The latest status, null before the first one came. */
  status: null,
  onchange: () => {},
};

let source = null;

function connect() {
  source = new EventSource("/api/events");
  source.addEventListener("change", (event) => {
    live.status = JSON.parse(event.data);
    showStatus();
    if (!live.paused) live.onchange();
  });
  source.addEventListener("error", () => showState("lost"));
}

// A browser keeps only six connections to one place: a page that nobody sees gives its own back.
function follow() {
  if (document.hidden) {
    source?.close();
    source = null;
  } else if (!source) {
    connect();
  }
}

export function startLive() {
  document.addEventListener("visibilitychange", follow);
  follow();
}

/** Stops and continues what the views show; what is received is kept all the same. */
export function setPaused(paused) {
  live.paused = paused;
  showStatus();
  if (!paused) live.onchange();
}

const STATES = { live: "live", paused: "paused", lost: "no connection" };

function showState(state) {
  const element = document.getElementById("live");
  if (element.dataset.state === state) return;
  element.dataset.state = state;
  fill(element, STATES[state]);
}

function showStatus() {
  const status = live.status;
  showState(live.paused ? "paused" : "live");
  if (!status) return;
  const share = Math.min(1, status.bytes / status.maxBytes);
  document.getElementById("gauge-fill").style.width = `${share * 100}%`;
  const evicted = status.tracesEvicted > 0 ? `, ${number(status.tracesEvicted)} left the full store` : "";
  const text = `${counted(status.traces, "trace")}${evicted}`;
  fill(document.getElementById("memory-text"), text);
  const memory = document.getElementById("memory");
  const details =
    `${text}; ${bytes(status.bytes)} of ${bytes(status.maxBytes)} used; ` +
    `${counted(status.spansReceived, "span")} received, ${number(status.spansEvicted)} evicted, ` +
    `${number(status.spansInvalid)} invalid; ${counted(status.requestsRefused, "request")} refused`;
  memory.setAttribute("aria-label", details);
  memory.title = details;
  const badge = document.getElementById("findings-count");
  badge.hidden = !status.findings;
  fill(badge, status.findings);
}
