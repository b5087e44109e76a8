// What the sandbox tells of an account: a number and a page of lines for each of its sections.

import { ApiError } from "../api";

export type Line = Record<string, unknown>;

export interface Account {
  appid: string;
  name: string;
  original_id: string;
  kind: string;
  mode: string;
  callback_url: string;
  login_domain: string;
  /** How many there are, by section. */
  counts: Record<string, number>;
}

export interface Lines {
  total: number;
  items: Line[];
}

export interface Called {
  id: number;
  appid: string;
  method: string;
  path: string;
  errcode: number;
  millis: number;
  rid?: string;
  /** Unix milliseconds. */
  at: number;
}

async function get<T>(path: string): Promise<T> {
  let response: Response;
  try {
    response = await fetch(`/sandbox/api${path}`, { headers: { Accept: "application/json" } });
  } catch {
    throw new ApiError(0, "unreachable");
  }
  if (!response.ok) throw new ApiError(response.status, "");
  return (await response.json()) as T;
}

export const loadAccount = (appid: string): Promise<Account> => get(`/accounts/${encodeURIComponent(appid)}`);

export const loadLines = (appid: string, section: string, from: number, limit: number): Promise<Lines> =>
  get(`/accounts/${encodeURIComponent(appid)}/${encodeURIComponent(section)}?from=${from}&limit=${limit}`);

export const text = (of: unknown): string => (of === null || of === undefined ? "" : String(of));
export const number = (of: unknown): number => (typeof of === "number" ? of : Number(of) || 0);
export const lines = (of: unknown): Line[] => (Array.isArray(of) ? (of as Line[]) : []);
