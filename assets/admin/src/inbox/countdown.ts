// The bar above the reply box counts down by the server's clock; at the end the page asks how things stand.

const SHORT = 10 * 60_000;

export function startCountdown(chat: HTMLElement, over: () => void): { reset: () => void } {
  let skew = 0;
  let told = false;
  const bar = () => chat.querySelector<HTMLElement>("[data-window=open]");
  const reset = () => {
    const now = Number(bar()?.dataset["now"] ?? 0);
    if (now) skew = now - Date.now();
    told = false;
    tick();
  };
  const tick = () => {
    const here = bar();
    if (!here) return;
    const now = Date.now() + skew;
    const left = Number(here.dataset["until"]) - now;
    // The messages that a tap allowed end before those of the last word.
    if (!told && now >= Number(here.dataset["next"])) {
      told = true;
      over();
    }
    if (left <= 0) return;
    const { words = "", hours = "", minutes = "", seconds = "" } = here.dataset;
    const total = Math.floor(left / 1000);
    const [h, m, s] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
    const time = fill(h ? hours : m ? minutes : seconds, { h, m, s });
    const line = here.querySelector("[data-window-words]");
    const text = fill(words, { left: here.dataset["left"] ?? "", time });
    if (line && line.textContent !== text) line.textContent = text;
    here.classList.toggle("is-short", left < SHORT);
  };
  reset();
  window.setInterval(tick, 1000);
  return { reset };
}

function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}
