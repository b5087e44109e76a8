import { act } from "../actions";
import { Scope, fill, h } from "../dom";
import { icon } from "../icons";
import { t } from "../i18n";
import type { Phone } from "../types";

const CANCEL_ABOVE = 60;
const LONGEST_MS = 60_000;
const TOO_SHORT_MS = 300;

/**
 * "Hold to talk": what is sent is the sandbox's own sample sound; `recognition` gives the words that WeChat's
 * speech recognition would add. Held with a finger, the mouse, Space or Enter; sliding up gives it up.
 */
export function holdToTalk(host: HTMLElement, phone: Phone, scope: Scope, recognition: () => string, sent: () => void): HTMLElement {
  let since = 0;
  let startY = 0;
  let leaving = false;
  const time = h("span", { class: "talking-time" });
  const hint = h("p", {}, t("voice.release"));
  const overlay = h("div", { class: "talking", "aria-hidden": "true" }, h("div", { class: "talking-box" }, icon("mic", 44), waves(), time, hint));
  const button = h("button", { class: "hold", type: "button", "data-testid": "hold" }, t("voice.hold"));

  const start = (y: number): void => {
    if (since) return;
    since = Date.now();
    startY = y;
    leaving = false;
    overlay.classList.remove("leaving");
    fill(button, t("voice.release_short"));
    host.appendChild(overlay);
    show();
  };
  const show = (): void => {
    if (!since) return;
    const held = Date.now() - since;
    time.textContent = `${Math.floor(held / 1000)}″`;
    if (held > LONGEST_MS) stop();
  };
  const stop = (): void => {
    if (!since) return;
    const held = Date.now() - since;
    since = 0;
    overlay.remove();
    fill(button, t("voice.hold"));
    if (leaving || held < TOO_SHORT_MS) return;
    const words = recognition().trim();
    void act(phone, words ? { action: "voice", recognition: words } : { action: "voice" });
    sent();
  };

  scope.every(200, show);
  scope.add(() => overlay.remove());
  scope.listen(button, "pointerdown", (event: PointerEvent) => {
    button.setPointerCapture(event.pointerId);
    start(event.clientY);
  });
  scope.listen(button, "pointermove", (event: PointerEvent) => {
    leaving = since > 0 && startY - event.clientY > CANCEL_ABOVE;
    overlay.classList.toggle("leaving", leaving);
    hint.textContent = leaving ? t("voice.cancel") : t("voice.release");
  });
  scope.listen(button, "pointerup", stop);
  scope.listen(button, "pointercancel", () => {
    leaving = true;
    stop();
  });
  scope.listen(button, "keydown", (event: KeyboardEvent) => {
    if (event.key === "Escape" && since) {
      event.stopPropagation();
      leaving = true;
      stop();
    }
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    start(0);
  });
  scope.listen(button, "keyup", (event: KeyboardEvent) => {
    if (event.key === " " || event.key === "Enter") stop();
  });
  scope.listen(button, "contextmenu", (event: Event) => event.preventDefault());
  return button;
}

function waves(): HTMLElement {
  return h("span", { class: "talking-waves" }, ...[1, 2, 3, 4, 5, 6, 7].map(() => h("i", {})));
}
