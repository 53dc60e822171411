// Light or dark: what the system prefers until the person chooses.

const KEY = "otelrs-theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

function stored() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function apply() {
  document.documentElement.dataset.theme = stored() ?? (dark.matches ? "dark" : "light");
}

/** Follows the system, and switches on the button. */
export function startTheme(button) {
  apply();
  dark.addEventListener("change", apply);
  button.addEventListener("click", toggleTheme);
}

export function toggleTheme() {
  const next = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // Without storage the choice holds for this page.
  }
  document.documentElement.dataset.theme = next;
}
