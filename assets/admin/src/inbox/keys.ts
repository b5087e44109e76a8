// Keys: J and K to the next and previous conversation, R into the reply, Escape back.

export function startKeys(root: HTMLElement): void {
  const listener = (event: KeyboardEvent) => {
    if (!root.isConnected) {
      document.removeEventListener("keydown", listener);
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || document.querySelector("dialog[open]")) return;
    const target = event.target as HTMLElement;
    const typing = target.matches("input, textarea, select, [contenteditable]");
    if (event.key === "Escape") {
      const pop = root.querySelector<HTMLDetailsElement>("[data-pop][open]");
      if (pop) {
        pop.open = false;
        pop.querySelector("summary")?.focus();
      } else if (typing) target.blur();
      else root.querySelector<HTMLAnchorElement>(".chat-back")?.click();
      return;
    }
    if (typing) return;
    if (event.key === "j" || event.key === "k") go(root, event.key === "j" ? 1 : -1);
    if (event.key === "r") {
      event.preventDefault();
      root.querySelector<HTMLTextAreaElement>("#reply-text")?.focus();
    }
  };
  document.addEventListener("keydown", listener);
}

function go(root: HTMLElement, step: number): void {
  const rows = [...root.querySelectorAll<HTMLAnchorElement>(".chat-row")];
  const here = rows.findIndex((row) => row.getAttribute("aria-current") === "true");
  const next = here < 0 ? (step > 0 ? 0 : rows.length - 1) : here + step;
  rows[next]?.click();
}
