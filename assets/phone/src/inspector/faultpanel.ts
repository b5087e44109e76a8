import { quietly } from "../actions";
import { api } from "../api";
import { Scope, fill, h } from "../dom";
import { changeFaults, faultsOn } from "../faults";
import { t, type Key } from "../i18n";
import { NO_FAULTS, store } from "../store";
import { fullTime, span } from "../time";
import { toast } from "../toast";
import type { Faults } from "../types";

type NumberFault = "slow_ms" | "api_slow_ms" | "drop" | "duplicate" | "system_busy" | "timeout_seconds";
type SwitchFault = "reorder" | "wrong_signature";

const SETTLE_MS = 250;
const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** Everything that can be made to go wrong, and the clock. */
export function faultPanel(scope: Scope): HTMLElement {
  const percent = (n: number): string => `${n} %`;
  const off = h("button", { class: "button small-button", type: "button", "data-testid": "faults-off", onclick: () => void changeFaults(NO_FAULTS) }, t("faults.all_off"));
  const show = (): void => {
    off.disabled = faultsOn().length === 0 && store.faults.timeout_seconds === NO_FAULTS.timeout_seconds;
  };
  store.on("faults", scope, show);
  show();
  return h(
    "div",
    { class: "fault-place" },
    h("div", { class: "tools" }, h("p", {}, t("faults.about")), off),
    h(
      "div",
      { class: "fault-group" },
      h("h3", {}, t("faults.pushes")),
      slider(scope, "slow_ms", 10_000, 500, span),
      slider(scope, "timeout_seconds", 15, 1, (n) => `${n} s`),
      slider(scope, "drop", 100, 5, percent),
      slider(scope, "duplicate", 100, 5, percent),
      toggle(scope, "reorder"),
      toggle(scope, "wrong_signature"),
    ),
    h(
      "div",
      { class: "fault-group" },
      h("h3", {}, t("faults.api")),
      slider(scope, "system_busy", 100, 5, percent),
      slider(scope, "api_slow_ms", 10_000, 500, span),
      ...store.apps.map((app) => tokenRow(app.appid, app.name)),
    ),
    clockGroup(scope),
  );
}

function slider(scope: Scope, name: NumberFault, most: number, step: number, told: (value: number) => string): HTMLElement {
  const id = `fault-${name}`;
  const least = name === "timeout_seconds" ? 1 : 0;
  const input = h("input", { type: "range", id, min: least, max: most, step, "data-testid": id, "aria-describedby": `${id}-note` });
  const output = h("output", { for: id, class: "figure" });
  const row = h("div", { class: "fault" }, h("label", { for: id }, t(`faults.${name}` as Key)), output, input, h("p", { class: "field-note", id: `${id}-note` }, t(`faults.${name}_note` as Key)));
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tell = (value: number): void => {
    output.textContent = told(value);
    input.style.setProperty("--filled", `${((value - least) / (most - least)) * 100}%`);
    input.setAttribute("aria-valuetext", told(value));
    row.classList.toggle("on", value !== NO_FAULTS[name]);
  };
  input.addEventListener("input", () => {
    const value = Number(input.value);
    tell(value);
    clearTimeout(timer);
    timer = setTimeout(() => void changeFaults({ [name]: value } as Partial<Faults>), SETTLE_MS);
  });
  const show = (): void => {
    input.value = String(store.faults[name]);
    tell(store.faults[name]);
  };
  store.on("faults", scope, show);
  scope.add(() => clearTimeout(timer));
  show();
  return row;
}

function toggle(scope: Scope, name: SwitchFault): HTMLElement {
  const id = `fault-${name}`;
  const input = h("input", { type: "checkbox", role: "switch", class: "switch", id, "data-testid": id, "aria-describedby": `${id}-note` });
  const row = h("div", { class: "fault fault-switch" }, h("label", { for: id }, t(`faults.${name}`)), input, h("p", { class: "field-note", id: `${id}-note` }, t(`faults.${name}_note`)));
  input.addEventListener("change", () => void changeFaults({ [name]: input.checked } as Partial<Faults>));
  const show = (): void => {
    input.checked = store.faults[name];
    row.classList.toggle("on", store.faults[name]);
  };
  store.on("faults", scope, show);
  show();
  return row;
}

function tokenRow(appid: string, name: string): HTMLElement {
  const kill = async (): Promise<void> => {
    if (await quietly(() => api.invalidateToken(appid))) toast(t("faults.token_done", { name }), "good");
  };
  return h(
    "div",
    { class: "fault fault-action" },
    h("span", {}, store.apps.length > 1 ? t("faults.token_of", { name }) : t("faults.token")),
    h("button", { class: "button small-button", type: "button", "data-testid": "invalidate-token", onclick: () => void kill() }, t("faults.token_do")),
    h("p", { class: "field-note" }, t("faults.token_note")),
  );
}

function clockGroup(scope: Scope): HTMLElement {
  const now = h("p", { class: "clock-now", "data-testid": "clock" });
  const show = (): void => {
    const ahead = store.clockLead();
    fill(now, h("span", { class: "figure" }, fullTime(store.now())), ahead ? h("span", { class: "outcome outcome-timeout" }, t("clock.ahead", { lead: ahead })) : null);
  };
  const step = (seconds: number, name: string): HTMLElement =>
    h("button", { class: "button small-button", type: "button", "data-testid": `clock-${seconds}`, onclick: () => void quietly(() => api.advance(seconds)) }, name);
  scope.every(1000, show);
  store.on("clock", scope, show);
  show();
  return h(
    "div",
    { class: "fault-group" },
    h("h3", {}, t("clock.title")),
    now,
    h("div", { class: "clock-steps" }, step(MINUTE, t("clock.minute")), step(HOUR, t("clock.hour")), step(48 * HOUR, t("clock.two_days"))),
    h("p", { class: "field-note" }, t("clock.note")),
  );
}
