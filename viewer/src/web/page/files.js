// Import and export of OTLP JSON.

import * as api from "./api.js";
import { toast } from "./dom.js";
import { counted } from "./format.js";

/** Sends a file that the person chose to the viewer. */
export async function importFile(file) {
  try {
    const { spans, logs } = await api.importText(await file.text());
    const records = logs ? ` and ${counted(logs, "log record")}` : "";
    toast(`${counted(spans, "span")}${records} imported from ${file.name}`);
  } catch (error) {
    toast(`${file.name}: ${error.message}`);
  }
}

/** Has the browser save what the query shows. */
export function exportFile(query) {
  const link = document.createElement("a");
  link.href = `/api/export${query}`;
  link.download = "traces.json";
  link.click();
}
