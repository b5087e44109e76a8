// "… is typing": what colleagues do in this conversation, for a few seconds each time they say so.

/** Longer than the pause between two words of a typing colleague, in milliseconds. */
const SHOWN = 6000;

export function startTypingLine(root: HTMLElement, chat: HTMLElement): { show: (payload: string) => void; clear: () => void } {
  const line = chat.querySelector<HTMLElement>("[data-typing-line]");
  const me = root.dataset["me"] ?? "";
  const names = new Map<string, { name: string; timer: number }>();
  const draw = () => {
    const all = [...names.values()].map(({ name }) => name).join("、");
    if (line) line.textContent = all ? (root.dataset["typing"] ?? "").replace("{name}", all) : "";
  };
  const clear = () => {
    for (const { timer } of names.values()) clearTimeout(timer);
    names.clear();
    draw();
  };
  const show = (payload: string) => {
    const [id = "", ...rest] = payload.split(":");
    if (id === me) return;
    clearTimeout(names.get(id)?.timer);
    const timer = window.setTimeout(() => {
      names.delete(id);
      draw();
    }, SHOWN);
    names.set(id, { name: rest.join(":"), timer });
    draw();
  };
  return { show, clear };
}
