// The rules that need nothing but what stands in the form, as the server judges them. Nothing here touches the page, so that
// it can be tested by itself. A rule that only the server can judge (unique, exists) is not here and passes.

export interface Rule {
  rule: string;
  args?: (string | number)[];
  /** What the person reads when the rule is broken. */
  message: string;
  /** What bounds count (a number is meant as it is typed: yuan, percent); else what the control holds. */
  of?: Measure;
}

export type Measure = "text" | "number" | "list" | "file";

export interface Upload {
  name: string;
  /** Bytes. */
  size: number;
  type: string;
}

/** What a control holds. */
export interface Given {
  measure: Measure;
  texts: string[];
  files: Upload[];
}

/** What the other fields of the form hold. */
export type Others = (name: string) => string[];

type Check = (given: Given, args: string[], others: Others, name: string, rule: Rule) => boolean;

const NUMERIC = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const YES = new Set(["true", "1", "yes", "on"]);

const filled = (texts: string[]): boolean => texts.some((text) => text !== "");
const all = (given: Given, fits: (text: string) => boolean): boolean => given.texts.filter((text) => text !== "").every(fits);
const matching =
  (pattern: RegExp): Check =>
  (given) =>
    all(given, (text) => pattern.test(text));

const CHECKS: Record<string, Check> = {
  in: (given, args) => all(given, (text) => args.includes(text)),
  not_in: (given, args) => all(given, (text) => !args.includes(text)),
  min: (given, [least], _, __, rule) => sizes(given, rule).every((size) => size >= Number(least)),
  max: (given, [most], _, __, rule) => sizes(given, rule).every((size) => size <= Number(most)),
  size: (given, [exactly], _, __, rule) => sizes(given, rule).every((size) => size === Number(exactly)),
  between: (given, [least, most], _, __, rule) => sizes(given, rule).every((size) => size >= Number(least) && size <= Number(most)),
  bytes: (given, [most]) => all(given, (text) => new TextEncoder().encode(text.replace(/\r\n/g, "\n")).length <= Number(most)),
  email: matching(/^[^\s@"'<>(),;:\\[\]]{1,64}@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)+[\p{L}][\p{L}\p{N}-]*$/u),
  url: (given) => all(given, isWebAddress),
  ip: (given) => all(given, (text) => isIpv4(text) || isIpv6(text)),
  date: (given) => all(given, (text) => dayOf(text) !== null),
  before: (given, [limit = ""], others) => all(given, (text) => inOrder(text, limit, others, (a, b) => a < b)),
  after: (given, [limit = ""], others) => all(given, (text) => inOrder(text, limit, others, (a, b) => a > b)),
  regex: (given, [pattern = ""]) => all(given, (text) => compiled(pattern)?.test(text) ?? true),
  alpha: matching(/^[\p{L}\p{M}]+$/u),
  alpha_num: matching(/^[\p{L}\p{M}\p{N}]+$/u),
  alpha_dash: matching(/^[\p{L}\p{M}\p{N}_-]+$/u),
  numeric: matching(NUMERIC),
  integer: matching(/^[+-]?\d+$/),
  digits: (given, [count]) => all(given, (text) => /^\d+$/.test(text) && text.length === Number(count)),
  digits_between: (given, [least, most]) =>
    all(given, (text) => /^\d+$/.test(text) && text.length >= Number(least) && text.length <= Number(most)),
  confirmed: (given, _, others, name) => sameAs(given, others(`${name}_confirmation`)),
  same: (given, [other = ""], others) => sameAs(given, others(other)),
  different: (given, [other = ""], others) => !sameAs(given, others(other)),
  boolean: matching(/^(?:0|1|true|false)$/),
  json: (given) => all(given, isJson),
  image: (given) => given.files.every((file) => file.type.startsWith("image/")),
  mimes: (given, args) => given.files.every((file) => args.some((kind) => isOfKind(file, kind))),
};

/** Whether `given`, of the field `name`, keeps `rule`. */
export function keeps(rule: Rule, given: Given, others: Others, name: string): boolean {
  const args = (rule.args ?? []).map(String);
  const empty = !filled(given.texts) && given.files.length === 0;
  if (rule.rule === "required") return !empty;
  if (rule.rule === "required_with") return !empty || !args.some((other) => filled(others(other)));
  if (rule.rule === "accepted") return given.texts.some((text) => YES.has(text));
  // Nothing passes every other rule.
  return empty || (CHECKS[rule.rule]?.(given, args, others, name, rule) ?? true);
}

/** The message of the first rule that is broken. */
export function firstFault(rules: Rule[], given: Given, others: Others, name: string): string | null {
  return rules.find((rule) => !keeps(rule, given, others, name))?.message ?? null;
}

/** What the bounds compare: one number, or one for each file. What is no number breaks no bound; another rule says so. */
function sizes(given: Given, rule: Rule): number[] {
  switch (rule.of ?? given.measure) {
    case "number":
      return given.texts.filter((text) => NUMERIC.test(text)).map(Number);
    case "list":
      return [given.files.length || given.texts.filter((text) => text !== "").length];
    case "file":
      return given.files.map((file) => file.size / 1024);
    default:
      // Characters as the server counts them: an emoji is one, not two.
      return given.texts.map((text) => [...text.replace(/\r\n/g, "\n")].length);
  }
}

function sameAs(given: Given, other: string[]): boolean {
  return given.texts.length === other.length && given.texts.every((text, at) => text === other[at]);
}

function compiled(pattern: string): RegExp | null {
  try {
    return new RegExp(pattern, "u");
  } catch {
    // The server's regular expressions know more than the browser's; what the browser cannot read, the server judges.
    return null;
  }
}

function isWebAddress(text: string): boolean {
  return /^https?:\/\//i.test(text) && !/\s/.test(text) && URL.canParse(text);
}

function isIpv4(text: string): boolean {
  const parts = text.split(".");
  return parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}

function isIpv6(text: string): boolean {
  return /^[\da-f:.]+$/i.test(text) && text.includes(":") && URL.canParse(`http://[${text}]/`);
}

/** A day as a number that can be compared, of `2026-11-22` or of a point in time. */
function dayOf(text: string): number | null {
  const parts = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?)?$/.exec(text);
  if (!parts) return null;
  const [year, month, day, hour = 0, minute = 0, second = 0] = parts.slice(1).map((part) => Number(part ?? 0)) as [number, number, number];
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  const exact = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
  return exact ? date.getTime() : null;
}

function inOrder(text: string, limit: string, others: Others, fits: (a: number, b: number) => boolean): boolean {
  const [given, bound] = [dayOf(text), limitOf(limit, others)];
  return given === null || bound === null || fits(given, bound);
}

/** A date, `today`, `tomorrow`, `yesterday`, or the date in another field. */
function limitOf(limit: string, others: Others): number | null {
  const shift = { yesterday: -1, today: 0, tomorrow: 1 }[limit];
  if (shift === undefined) return dayOf(limit) ?? dayOf(others(limit)[0] ?? "");
  const now = new Date();
  return Date.UTC(now.getFullYear(), now.getMonth(), now.getDate() + shift);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function isOfKind({ name, type }: Upload, kind: string): boolean {
  const ending = name.split(".").pop()?.toLowerCase() ?? "";
  const alias = kind === "jpeg" ? "jpg" : kind;
  return ending === alias || (alias === "jpg" && ending === "jpeg") || type.endsWith(`/${kind}`);
}
