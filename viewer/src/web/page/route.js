// The address: #/traces?filter=..., #/traces/ID?span=ID, #/statistics, #/findings, #/metrics.

/** { view, traceId, parameters } of the address. */
export function current() {
  const [path, search] = location.hash.replace(/^#/, "").split("?", 2);
  const [, view = "", traceId = ""] = path.split("/");
  return { view: view || "traces", traceId: decodeURIComponent(traceId), parameters: new URLSearchParams(search ?? "") };
}

/** The address of a view; parameters that are empty are left out. */
export function address(view, { traceId, ...parameters } = {}) {
  const set = Object.entries(parameters).filter(([, value]) => value);
  const search = set.length ? `?${new URLSearchParams(set)}` : "";
  return `#/${view}${traceId ? `/${encodeURIComponent(traceId)}` : ""}${search}`;
}

/** Goes there; a step back returns. */
export function go(to) {
  if (location.hash !== to) location.hash = to;
}

let list = address("traces");

/** Where the list was left, with its filter and selection. */
export function lastList() {
  return list;
}

/** Notes where the list is left. */
export function rememberList(place) {
  list = place;
}

/** Changes the address without a step in the history: selection and filter follow each keystroke. */
export function replace(to) {
  if (location.hash !== to) history.replaceState(null, "", to);
}
