import { explain } from "./actions";
import { api } from "./api";
import { Scope, fill, h } from "./dom";
import { icon } from "./icons";
import { initialLanguage, setLanguage, t, type Language } from "./i18n";
import { startRouting } from "./route";
import { shell } from "./shell";
import { store } from "./store";
import { follow } from "./stream";
import { initTheme } from "./theme";

const root = document.getElementById("root") as HTMLElement;
let scope = new Scope();

/** Builds the page anew, in the language chosen; what was typed lives in the store and survives. */
function mount(): void {
  scope.end();
  scope = new Scope();
  fill(root, shell(scope, switchLanguage));
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
    failed(explain(error));
    return;
  }
  startRouting();
  mount();
  follow();
}

/** The page cannot do anything without the sandbox: it says so, and tries again when asked. */
function failed(why: string): void {
  const again = h("button", { class: "button primary", type: "button", onclick: () => void start() }, t("error.again"));
  fill(
    root,
    h("main", { class: "start-failed", role: "alert" }, icon("warn", 44), h("h1", {}, t("error.start")), h("p", {}, why), h("p", {}, t("error.start_help")), again),
  );
}

setLanguage(initialLanguage(), false);
initTheme();
void start();
