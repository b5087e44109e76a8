import { meta } from "./dom";
import { t } from "./texts";
import { toast } from "./toast";

/** The session's secret that every change carries. */
export const csrf = (): string => meta("csrf");

type Data = FormData | URLSearchParams | Record<string, string | number | boolean | (string | number)[]>;

/** POSTs a form, as a page without a script would. What went wrong is told as a toast, and the answer is `null`. */
export async function post(url: string, data: Data = {}): Promise<Response | null> {
  const body = data instanceof FormData || data instanceof URLSearchParams ? data : params(data);
  try {
    const response = await fetch(url, {
      method: "POST",
      body,
      headers: { "X-CSRF-Token": csrf(), Accept: "application/json, text/html;q=0.5" },
      redirect: "follow",
    });
    if (response.redirected && new URL(response.url).pathname === "/admin/login") {
      location.assign(`/admin/login?next=${encodeURIComponent(location.pathname + location.search)}`);
      return null;
    }
    if (response.ok) return response;
    toast(await reason(response), { kind: "error" });
  } catch {
    toast(t("failed.offline"), { kind: "error" });
  }
  return null;
}

function params(data: Record<string, unknown>): URLSearchParams {
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(data))
    for (const one of Array.isArray(value) ? value : [value]) pairs.append(name, String(one));
  return pairs;
}

/** The server's own words when it sent a problem (RFC 9457), else ours. */
export async function reason(response: Response): Promise<string> {
  if (response.headers.get("content-type")?.includes("json")) {
    const problem = (await response.json().catch(() => null)) as { detail?: string; title?: string } | null;
    const said = problem?.detail ?? problem?.title;
    if (said) return said;
  }
  return response.status === 401 ? t("failed.session") : t("failed.server");
}

/** GETs JSON; `null` when that did not work. */
export async function getJson<T>(url: string, signal?: AbortSignal): Promise<T | null> {
  try {
    const response = await fetch(url, { headers: { Accept: "application/json" }, signal: signal ?? null });
    return response.ok ? ((await response.json()) as T) : null;
  } catch {
    return null;
  }
}
