// The menu editor: bytes counted while typing, buttons dragged or moved by Alt and the arrows. Every step is one that the
// form takes without this too.

/** The button on the phone that was moved by the keyboard; the form that comes back has it elsewhere. */
let moved = "";

export default function mount(root: HTMLElement): void {
  const back = moved;
  moved = "";
  // After htmx, which gives the focus to whatever has the old place now.
  if (back) setTimeout(() => document.getElementById(back)?.focus(), 0);
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
    const places = (event as CustomEvent<string[]>).detail;
    const order = places.join("-");
    const now = places.indexOf(document.activeElement?.closest<HTMLElement>("[data-id]")?.dataset["id"] ?? "");
    if (list && now >= 0) moved = slot(list, now);
    if (list) press(root, list === "menus" ? `menu-order::${order}` : `order:${list}:${order}`);
  });
  root.addEventListener("keydown", (event) => {
    // Up and down are the list's own.
    const verb = { ArrowLeft: "back", ArrowRight: "on" }[event.key];
    const place = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-place]")?.dataset["place"] : undefined;
    if (!verb || !event.altKey || !place) return;
    event.preventDefault();
    const [, list, number] = /^(.*?)(?:\.sub)?\.(\d+)$/.exec(place) ?? [];
    if (list) moved = slot(list, Number(number) + (verb === "on" ? 1 : -1));
    press(root, `${verb}:${place}`);
  });
}

/** The id of the button at this number of a row: of the bar `b`, or of the list `b.1` over its second button. */
function slot(list: string, number: number): string {
  return list.endsWith("b") ? `slot-${list}.${number}` : `slot-${list}.sub.${number}`;
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
