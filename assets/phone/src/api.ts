import type { Action, ChatItem, Exchange, Faults, Phone, State } from "./types";

const BASE = "/sandbox/api";

/** The sandbox refused or could not be reached; `status` is 0 when it could not. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const request: RequestInit = { method, headers: { Accept: "application/json" } };
  if (body instanceof Blob) {
    request.body = body;
    request.headers = { "Content-Type": body.type || "application/octet-stream" };
  } else if (body !== undefined) {
    request.body = JSON.stringify(body);
    request.headers = { "Content-Type": "application/json" };
  }
  let response: Response;
  try {
    response = await fetch(BASE + path, request);
  } catch {
    throw new ApiError(0, "unreachable");
  }
  const text = await response.text();
  if (!response.ok) throw new ApiError(response.status, reason(text));
  return (text ? parsed(text) : {}) as T;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiError(502, "unreadable answer");
  }
}

/** The sentence in an error answer: a JSON problem's detail, or short plain text. */
function reason(text: string): string {
  try {
    const problem = JSON.parse(text) as Record<string, unknown>;
    return String(problem.detail || problem.error || problem.message || problem.title || "");
  } catch {
    return text.length < 200 ? text : "";
  }
}

const at = (phone: { appid: string; openid: string }): string =>
  `/phones/${encodeURIComponent(phone.appid)}/${encodeURIComponent(phone.openid)}`;

export const api = {
  state: () => call<State>("GET", "/state"),
  addPhone: (appid: string, nickname: string) =>
    call<Phone>("POST", "/phones", nickname ? { appid, nickname } : { appid }),
  chat: (phone: { appid: string; openid: string }) => call<{ items: ChatItem[] }>("GET", `${at(phone)}/chat`),
  act: (phone: { appid: string; openid: string }, action: Action) =>
    call<{ exchange_id: number | null }>("POST", `${at(phone)}/act`, action),
  upload: (file: Blob) => call<{ media_id: string; url: string }>("POST", "/media", file),
  exchanges: () => call<{ items: Exchange[] }>("GET", "/exchanges?limit=100"),
  setFaults: (faults: Faults) => call<unknown>("PUT", "/faults", faults),
  advance: (seconds: number) => call<unknown>("POST", "/clock", { advance: seconds }),
  invalidateToken: (appid: string) => call<unknown>("POST", "/tokens/invalidate", { appid }),
  verify: (appid: string) => call<{ ok?: boolean; error?: string | null }>("POST", "/verify", { appid }),
};

/** Where a picture or sound that was uploaded can be had. */
export function mediaUrl(mediaId: string): string {
  return `/sandbox/media/${encodeURIComponent(mediaId)}`;
}
