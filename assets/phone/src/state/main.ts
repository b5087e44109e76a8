import { explain } from "../actions";
import { api } from "../api";
import { Scope, fill, h } from "../dom";
import { icon } from "../icons";
import { initialLanguage, setLanguage, t, type Language } from "../i18n";
import { store } from "../store";
import { initTheme } from "../theme";
import type { App, ChatItem, Clock, Exchange, Phone } from "../types";
import type { Called } from "./data";
import { statePage, type Page } from "./page";

const FIRST_WAIT = 500;
const LONGEST_WAIT = 8_000;
const root = document.getElementById("root") as HTMLElement;
let scope = new Scope();
let page: Page | undefined;

function mount(): void {
  scope.end();
  scope = new Scope();
  page = statePage(scope, switchLanguage);
  document.title = `${t("state.title")} · ${t("page.title")}`;
  fill(root, page.element);
}

function switchLanguage(language: Language): void {
  setLanguage(language, true);
  mount();
  root.querySelector<HTMLElement>("[data-testid='language']")?.focus();
}

async function start(): Promise<void> {
  try {
    store.take(await api.state());
  } catch (error) {
    const again = h("button", { class: "button primary", type: "button", onclick: () => void start() }, t("error.again"));
    fill(root, h("main", { class: "start-failed", role: "alert" }, icon("warn", 44), h("h1", {}, t("state.failed")), h("p", {}, explain(error)), again));
    return;
  }
  mount();
  follow();
}

/** Keeps the page live; a lost connection is made again with growing waits, and everything is read anew then. */
function follow(): void {
  let wait = FIRST_WAIT;
  const open = (): void => {
    const source = new EventSource("/sandbox/api/stream");
    const on = <T>(event: string, take: (value: T) => void): void =>
      source.addEventListener(event, (message) => take(JSON.parse((message as MessageEvent<string>).data) as T));
    on<Called>("call", (call) => page?.called(call));
    on<ChatItem>("chat", (item) => page?.changed(item.appid));
    on<Exchange>("exchange", (exchange) => page?.changed(exchange.appid));
    on<Phone>("phone", (phone) => page?.changed(phone.appid));
    on<App>("app", (app) => {
      store.putApp(app);
      page?.changed(app.appid);
    });
    on<Clock>("clock", (clock) => {
      store.setClock(clock);
      page?.changed("");
    });
    source.onopen = () => {
      wait = FIRST_WAIT;
      store.setConnection("live");
      page?.changed("");
    };
    source.onerror = () => {
      source.close();
      store.setConnection("lost");
      setTimeout(open, wait);
      wait = Math.min(wait * 2, LONGEST_WAIT);
    };
  };
  open();
}

setLanguage(initialLanguage(), false);
initTheme();
void start();
