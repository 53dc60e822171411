// Elements without markup: every string becomes a text node, so nothing from telemetry is ever parsed.

const HOSTILE =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\udb40[\udc00-\udc7f]/g;
const NAMED = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** The text with every control, bidirectional or invisible character replaced by a visible escape. */
export function visible(text) {
  return String(text).replace(HOSTILE, (found) => NAMED[found] ?? `\\u{${found.codePointAt(0).toString(16)}}`);
}

/** As `visible`, but lines and tabs stay: for text in a block of its own. */
export function visibleBlock(text) {
  return String(text).replace(/\r\n/g, "\n").split(/(\n|\t)/).map((part) => (/^[\n\t]$/.test(part) ? part : visible(part))).join("");
}

/**
 * An element. Properties that begin with "on" are listeners, `color` sets the variable that bars and dots use, a value
 * of false, null or undefined leaves the attribute out. Children are nodes or texts.
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "color") element.style.setProperty("--color", value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === false || child === null || child === undefined) continue;
    element.append(child instanceof Node ? child : visible(child));
  }
}

/** Replaces what an element holds. */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
}

let hideToast;

/** Says something for a moment, to screen readers as well. */
export function toast(text) {
  const element = document.getElementById("toast");
  fill(element, text);
  element.classList.add("shown");
  clearTimeout(hideToast);
  hideToast = setTimeout(() => element.classList.remove("shown"), 3500);
}

/** Puts text on the clipboard and says so. */
export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    toast(`${what} copied`);
  } catch {
    toast(`the browser does not let this page copy; ${what}: ${text.slice(0, 200)}`);
  }
}
