// Puts the view that the address names on the page, and leads keys and buttons to it.

import * as api from "./api.js";
import { fill, toast } from "./dom.js";
import { exportFile, importFile } from "./files.js";
import { findingsView } from "./findings-view.js";
import { showHelp } from "./help.js";
import { live, setPaused, startLive } from "./live.js";
import { metricsView } from "./metrics-view.js";
import { address, current, go } from "./route.js";
import { statisticsView } from "./statistics-view.js";
import { startTheme, toggleTheme } from "./theme.js";
import { traceView } from "./trace-view.js";
import { tracesView } from "./traces-view.js";

const VIEWS = { traces: tracesView, statistics: statisticsView, findings: findingsView, metrics: metricsView };

let view = null;

function showView() {
  const { view: name, traceId, parameters } = current();
  const inTrace = name === "traces" && traceId;
  view?.leave();
  view = inTrace ? traceView(traceId, parameters) : (VIEWS[name] ?? tracesView)(parameters);
  fill(document.getElementById("main"), view.element);
  view.paused();
  document.title = `otelrs: ${view.title}`;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.dataset.view === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  view.focus();
}

// Several changes in a row are one refresh, and the next begins when the last has ended.
let refreshing = false;
let again = false;

async function refresh() {
  if (refreshing) {
    again = true;
    return;
  }
  refreshing = true;
  again = false;
  await view.refresh();
  refreshing = false;
  if (again) refresh();
}

function togglePause() {
  setPaused(!live.paused);
  view.paused();
}

async function clear() {
  try {
    await api.clear();
    toast("all traces forgotten");
    refresh();
  } catch (error) {
    toast(error.message);
  }
}

const KEYS = {
  "?": showHelp, p: togglePause, C: clear, d: toggleTheme,
  1: () => go(address("traces")), 2: () => go(address("statistics")), 3: () => go(address("findings")), 4: () => go(address("metrics")),
};

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const { target, key } = event;
  const typing = target.matches("input, select, textarea");
  const pressing = target.matches("button, a") && (key === "Enter" || key === " ");
  if (pressing || (typing && key !== "Escape")) return;
  const action = view.keys[key] ?? KEYS[key];
  if (!action) return;
  event.preventDefault();
  action();
}

startTheme(document.getElementById("theme"));
document.getElementById("help").addEventListener("click", showHelp);
document.getElementById("clear").addEventListener("click", clear);
document.getElementById("export").addEventListener("click", () => exportFile(view.exportQuery?.() ?? ""));
const file = document.getElementById("import-file");
document.getElementById("import").addEventListener("click", () => file.click());
file.addEventListener("change", async () => {
  for (const chosen of file.files) await importFile(chosen);
  file.value = "";
});
document.addEventListener("otelrs-pause", togglePause);
document.addEventListener("keydown", onKey);
window.addEventListener("hashchange", showView);
live.onchange = refresh;
showView();
startLive();
