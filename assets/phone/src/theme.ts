export type Theme = "auto" | "light" | "dark";

const STORED = "puzi.phone.theme";
const dark = matchMedia("(prefers-color-scheme: dark)");
let current: Theme = "auto";

export function theme(): Theme {
  return current;
}

export function setTheme(next: Theme): void {
  current = next;
  show();
  try {
    localStorage.setItem(STORED, next);
  } catch {
    // Storage is refused in private windows; the choice then lasts until the page is closed.
  }
}

/** Follows the system until the person chooses otherwise. */
export function initTheme(): void {
  try {
    const stored = localStorage.getItem(STORED);
    if (stored === "light" || stored === "dark") current = stored;
  } catch {
    current = "auto";
  }
  dark.addListener(show); // addEventListener is missing on MediaQueryList before Safari 14
  show();
}

function show(): void {
  const effective = current === "auto" ? (dark.matches ? "dark" : "light") : current;
  document.documentElement.setAttribute("data-theme", effective);
}
