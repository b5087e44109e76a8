// The server's stream of changes. The browser reconnects by itself and names the last change it heard; the server then
// tells to read everything anew.

export interface Change {
  /** The conversation; 0 for many at once. */
  chat: number;
  kind: string;
  payload: string;
}

interface Listeners {
  change: (change: Change) => unknown;
  refresh: () => void;
}

/** A connection that was away shorter than this is not worth a word, in milliseconds. */
const PATIENCE = 3000;

export function listen(root: HTMLElement, { change, refresh }: Listeners): void {
  const source = new EventSource("/admin/inbox/events");
  const mark = root.querySelector<HTMLElement>("[data-offline-mark]");
  let away = 0;
  source.addEventListener("change", (event) => change(JSON.parse((event as MessageEvent<string>).data) as Change));
  source.addEventListener("refresh", refresh);
  // The session is over: the page shows the way in.
  source.addEventListener("bye", () => {
    source.close();
    location.reload();
  });
  let opened = false;
  source.addEventListener("open", () => {
    clearTimeout(away);
    if (mark) mark.hidden = true;
    // Whatever happened between the page's making and now, or while the line was down.
    if (opened) refresh();
    opened = true;
  });
  source.addEventListener("error", () => {
    clearTimeout(away);
    away = window.setTimeout(() => {
      if (mark) mark.hidden = false;
    }, PATIENCE);
    // A refusal ends the stream for good; anything else the browser tries again.
    if (source.readyState === EventSource.CLOSED) window.setTimeout(() => listen(root, { change, refresh }), 5000);
  });
  window.addEventListener("pagehide", () => source.close());
}
