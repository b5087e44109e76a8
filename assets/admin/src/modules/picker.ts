// `data-module="picker"` on a `<select>`: choose by typing. With `data-url` the options are asked from the server while one
// types (`?q=…`, answered as [{"value", "label", "detail"?}] or {"options": […]}); without it the select's own are used. Without a script it is the select.

import TomSelect from "tom-select/dist/esm/tom-select.complete.js";
import { h } from "../lib/dom";
import { getJson } from "../lib/http";
import { t } from "../lib/texts";
import styles from "../../styles/picker.css";
import { wear } from "./wear";

interface Choice {
  value: string;
  label: string;
  detail?: string;
}

/** Most options that are shown at once. */
const MOST = 50;

export default function mount(root: HTMLElement): void {
  if (!(root instanceof HTMLSelectElement)) return;
  wear(styles);
  const url = root.dataset["url"];
  const create = root.dataset["create"] !== undefined;
  const picker = new TomSelect(root, {
    plugins: root.multiple ? { remove_button: { title: t("picker.remove") } } : root.required ? {} : { clear_button: { title: t("picker.remove") } },
    valueField: "value",
    labelField: "label",
    searchField: url ? [] : ["label", "detail"],
    maxOptions: MOST,
    create,
    createOnBlur: create,
    closeAfterSelect: !root.multiple,
    hidePlaceholder: true,
    ...(url
      ? {
          preload: "focus" as const,
          loadThrottle: 180,
          shouldLoad: () => true,
          load: (query: string, done: (choices?: Choice[]) => void) => {
            void ask(url, query).then((choices) => {
              picker.clearOptions();
              done(choices);
            });
          },
        }
      : {}),
    render: {
      option: ({ label, detail }: Choice) => h("div", {}, h("span", {}, label), detail ? h("small", { class: "quiet" }, ` ${detail}`) : null),
      item: ({ label }: Choice) => h("div", {}, label),
      no_results: () => h("div", { class: "no-results" }, t("picker.none")),
    },
  });
  // The label belongs to the box that one types into now; the select only carries the value.
  root.setAttribute("aria-hidden", "true");
  picker.on("change", () => root.dispatchEvent(new Event("input", { bubbles: true })));
}

async function ask(url: string, query: string): Promise<Choice[]> {
  const address = new URL(url, location.href);
  address.searchParams.set("q", query);
  const answer = await getJson<Choice[] | { options: Choice[] }>(address.href);
  const choices = Array.isArray(answer) ? answer : (answer?.options ?? []);
  return choices.map((choice) => ({ ...choice, value: String(choice.value) }));
}
