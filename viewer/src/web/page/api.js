// Requests to the viewer (docs/viewer-api.md).

/** What the viewer answered instead, as a sentence for people. */
export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** "?a=b&c=d" of what is set. */
export function query(parameters) {
  const set = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return set.length ? `?${new URLSearchParams(set)}` : "";
}

async function request(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, "the viewer does not answer: it has ended, or the connection is lost");
  }
  if (response.ok) return response;
  const body = await response.json().catch(() => ({}));
  throw new ApiError(response.status, body.error ?? `the viewer answered ${response.status}`);
}

/** JSON of a path. */
export async function get(path, signal) {
  return (await request(path, { signal })).json();
}

/** The text of a path as it is. */
export async function getText(path) {
  return (await request(path)).text();
}

/** Takes OTLP JSON in. */
export async function importText(text) {
  const headers = { "Content-Type": "application/json" };
  return (await request("/api/import", { method: "POST", headers, body: text })).json();
}

/** Forgets all traces. */
export async function clear() {
  await request("/api/traces", { method: "DELETE" });
}
