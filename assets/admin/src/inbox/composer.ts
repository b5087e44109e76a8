// The reply box: sends without leaving the page, keeps a draft for each conversation, inserts faces and phrases.

import { csrf } from "../lib";

/** WeChat's limit, in bytes of UTF-8. */
const MOST = 2048;
/** The length shows from here on. */
const NEAR = 1600;
/** Colleagues hear at most this often that somebody types, in milliseconds. */
const TYPING_EVERY = 3000;

export function startComposer(root: HTMLElement, chat: HTMLElement, sent: () => void): void {
  const form = chat.querySelector<HTMLFormElement>("[data-composer]");
  const text = form?.querySelector("textarea");
  if (!form || !text) return;
  const id = chat.dataset["chat"] ?? "";
  const draft = `inbox-draft-${id}`;
  // On a phone's keyboard Enter begins a new line; the button sends.
  const keyboard = matchMedia("(pointer: fine)").matches;
  if (keyboard) text.placeholder = text.dataset["placeholderKeys"] ?? text.placeholder;
  if (!text.value) text.value = localStorage.getItem(draft) ?? "";
  const length = startLength(form, text);
  const picture = startPicture(form);
  const problem = form.querySelector<HTMLElement>("[data-problem]")!;
  let typed = 0;
  text.addEventListener("input", () => {
    if (text.value) localStorage.setItem(draft, text.value);
    else localStorage.removeItem(draft);
    length();
    problem.textContent = "";
    if (text.value && Date.now() - typed > TYPING_EVERY) {
      typed = Date.now();
      void fetch(`/admin/inbox/${id}/typing`, { method: "POST", headers: { "X-CSRF-Token": csrf() } }).catch(() => undefined);
    }
  });
  text.addEventListener("keydown", (event) => {
    // Enter that ends an input method's word sends nothing.
    if (!keyboard || event.key !== "Enter" || event.shiftKey || event.altKey || event.isComposing) return;
    event.preventDefault();
    event.stopPropagation();
    form.requestSubmit();
  });
  startInserts(form, text);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void send();
  });
  let sending = false;
  async function send(): Promise<void> {
    if (sending || (!text!.value.trim() && !picture.chosen())) return;
    sending = true;
    const button = form!.querySelector<HTMLElement>("[data-send]");
    button?.setAttribute("aria-busy", "true");
    const words = text!.value;
    const refusal = await deliver(form!, root.dataset["failed"] ?? "");
    sending = false;
    button?.removeAttribute("aria-busy");
    problem.textContent = refusal;
    if (refusal) {
      text!.focus();
      return;
    }
    // What was typed while it went out stays.
    if (text!.value === words) text!.value = "";
    localStorage.removeItem(draft);
    picture.clear();
    renew(form!);
    length();
    text!.focus();
    sent();
  }
}

/** Sends the form; gives why it was refused, or nothing. The same form again sends nothing twice. */
async function deliver(form: HTMLFormElement, failed: string): Promise<string> {
  try {
    const response = await fetch(form.action, {
      method: "POST",
      body: new FormData(form),
      headers: { "X-CSRF-Token": csrf(), Accept: "application/json" },
    });
    if (response.ok && !response.redirected) return "";
    if (response.status === 401 || response.redirected) {
      location.reload();
      return failed;
    }
    const answer = (await response.json().catch(() => null)) as { detail?: string } | null;
    return answer?.detail ?? failed;
  } catch {
    return failed;
  }
}

/** The next message is another form. */
function renew(form: HTMLFormElement): void {
  const field = form.querySelector<HTMLInputElement>("input[name=form]");
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  if (field) field.value = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function startLength(form: HTMLFormElement, text: HTMLTextAreaElement): () => void {
  const line = form.querySelector<HTMLElement>("[data-length]");
  const show = () => {
    if (!line) return;
    const n = new TextEncoder().encode(text.value.trim()).length;
    line.hidden = n < NEAR;
    line.classList.toggle("is-over", n > MOST);
    line.textContent = (line.dataset["words"] ?? "").replace("{n}", String(n)).replace("{max}", String(MOST));
  };
  show();
  return show;
}

function startPicture(form: HTMLFormElement): { chosen: () => boolean; clear: () => void } {
  const input = form.querySelector<HTMLInputElement>("input[type=file]")!;
  const preview = form.querySelector<HTMLElement>("[data-picture-preview]")!;
  const image = preview.querySelector("img")!;
  const show = () => {
    URL.revokeObjectURL(image.src);
    const file = input.files?.[0];
    preview.hidden = !file;
    if (!file) return image.removeAttribute("src");
    image.src = URL.createObjectURL(file);
    preview.querySelector("[data-picture-name]")!.textContent = file.name;
  };
  const clear = () => {
    input.value = "";
    show();
  };
  const take = (files: FileList | undefined) => {
    const file = [...(files ?? [])].find((one) => one.type.startsWith("image/"));
    if (!file) return false;
    const list = new DataTransfer();
    list.items.add(file);
    input.files = list.files;
    show();
    return true;
  };
  input.addEventListener("change", show);
  form.querySelector("[data-picture-remove]")?.addEventListener("click", clear);
  form.addEventListener("paste", (event) => take(event.clipboardData?.files) && event.preventDefault());
  form.addEventListener("dragover", (event) => {
    event.preventDefault();
    form.classList.add("is-over");
  });
  form.addEventListener("dragleave", () => form.classList.remove("is-over"));
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    form.classList.remove("is-over");
    take(event.dataTransfer?.files);
  });
  return { chosen: () => Boolean(input.files?.length), clear };
}

/** Faces and phrases go where the cursor is. */
function startInserts(form: HTMLFormElement, text: HTMLTextAreaElement): void {
  form.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-insert]") : null;
    if (!button) return;
    text.setRangeText(button.dataset["insert"] ?? "", text.selectionStart, text.selectionEnd, "end");
    text.dispatchEvent(new Event("input"));
    const phrases = button.closest<HTMLDetailsElement>("[data-phrases]");
    if (phrases) {
      phrases.open = false;
      text.focus();
    }
  });
  document.addEventListener("click", (event) => {
    for (const pop of form.querySelectorAll<HTMLDetailsElement>("[data-pop][open]")) if (!pop.contains(event.target as Node)) pop.open = false;
  });
  const search = form.querySelector<HTMLInputElement>("[data-phrase-search]");
  const phrases = [...form.querySelectorAll<HTMLElement>("[data-find]")];
  form.querySelector("[data-phrases]")?.addEventListener("toggle", () => search?.focus());
  search?.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    phrases.find((phrase) => !phrase.parentElement!.hidden)?.click();
  });
  search?.addEventListener("input", () => {
    const words = search.value.trim().toLowerCase();
    let found = 0;
    for (const phrase of phrases) {
      const fits = (phrase.dataset["find"] ?? "").toLowerCase().includes(words);
      phrase.parentElement!.hidden = !fits;
      if (fits) found++;
    }
    const none = form.querySelector<HTMLElement>("[data-phrase-none]");
    if (none) none.hidden = found > 0;
  });
}
