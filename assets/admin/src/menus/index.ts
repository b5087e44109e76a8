// The menu editor: bytes counted while typing, buttons dragged or moved by Alt and the arrows. Every step is one that the
// form takes without this too.

export default function mount(root: HTMLElement): void {
  const inputs = [...root.querySelectorAll<HTMLInputElement>("input[data-bytes]")];
  for (const input of inputs) {
    input.addEventListener("input", () => count(root, input));
    count(root, input);
  }
  // What a step brought was not saved yet.
  if (root.dataset["changed"] !== undefined) {
    root.querySelector("input")?.dispatchEvent(new Event("input", { bubbles: true }));
  }
  root.addEventListener("puzi:sorted", (event) => {
    const list = event.target instanceof HTMLElement ? event.target.dataset["list"] : undefined;
    const order = (event as CustomEvent<string[]>).detail.join("-");
    if (list) press(root, list === "menus" ? `menu-order::${order}` : `order:${list}:${order}`);
  });
  root.addEventListener("keydown", (event) => {
    // Up and down are the list's own.
    const verb = { ArrowLeft: "back", ArrowRight: "on" }[event.key];
    const slot = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-place]") : null;
    if (!verb || !event.altKey || !slot) return;
    event.preventDefault();
    press(root, `${verb}:${slot.dataset["place"] ?? ""}`);
  });
}

/** Takes a step as a button of the form would. */
function press(root: HTMLElement, step: string): void {
  const button = root.querySelector<HTMLButtonElement>("button[data-order]");
  if (!button) return;
  button.value = step;
  button.click();
}

function count(root: HTMLElement, input: HTMLInputElement): void {
  const shown = root.querySelector<HTMLElement>(`[data-bytes-of="${input.id}"]`);
  const most = Number(input.dataset["bytes"]);
  if (!shown || !most) return;
  const bytes = new TextEncoder().encode(input.value.trim()).length;
  shown.textContent = String(bytes);
  shown.parentElement?.classList.toggle("is-over", bytes > most);
}
