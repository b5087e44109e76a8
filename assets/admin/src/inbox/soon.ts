/** Runs `work` soon, once for many calls; a call while it runs leads to one more. */
export function soon(work: () => Promise<void>, wait = 120): () => void {
  let timer = 0;
  let running = false;
  let again = false;
  const run = async () => {
    timer = 0;
    if (running) {
      again = true;
      return;
    }
    running = true;
    try {
      await work();
    } catch {
      // Offline: the stream says so, and its return refreshes.
    }
    running = false;
    if (again) {
      again = false;
      call();
    }
  };
  const call = () => {
    if (!timer) timer = window.setTimeout(() => void run(), wait);
  };
  return call;
}

/** A part of a page; null when it could not be had. */
export async function fetchPart(url: string): Promise<DocumentFragment | null> {
  const response = await fetch(url, { headers: { Accept: "text/html" } });
  if (!response.ok || response.redirected) return null;
  const template = document.createElement("template");
  template.innerHTML = await response.text();
  return template.content;
}
