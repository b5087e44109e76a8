import { h } from "../dom";

const TOKENS = /<!\[CDATA\[([\s\S]*?)\]\]>|<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<(\/?)([^\s<>/]+)((?:\s[^<>]*?)?)(\/?)>|([^<]+)/g;
const LARGEST = 100_000;

/** XML or JSON in colours and with its structure shown; anything else as it is. */
export function pretty(text: string): DocumentFragment {
  const trimmed = text.trim();
  if (trimmed.length > LARGEST) return plain(text);
  if (trimmed.startsWith("<")) return prettyXml(trimmed) || plain(text);
  if (trimmed.startsWith("{") || trimmed.startsWith("[")) return prettyJson(trimmed) || plain(text);
  return plain(text);
}

function plain(text: string): DocumentFragment {
  const out = document.createDocumentFragment();
  out.appendChild(document.createTextNode(text));
  return out;
}

type Token =
  | { kind: "open" | "close" | "empty"; name: string; attributes: string }
  | { kind: "cdata" | "text" | "other"; text: string };

function tokens(xml: string): Token[] | null {
  const found: Token[] = [];
  let at = 0;
  for (let match = TOKENS.exec(xml); match; match = TOKENS.exec(xml)) {
    if (match.index !== at) {
      TOKENS.lastIndex = 0;
      return null; // a stray "<": not XML, so it is shown untouched
    }
    at = TOKENS.lastIndex;
    const [all, cdata, slash, name, attributes = "", self, words] = match;
    if (cdata !== undefined) found.push({ kind: "cdata", text: cdata });
    else if (name) found.push({ kind: slash ? "close" : self ? "empty" : "open", name, attributes });
    else if (words !== undefined) {
      if (words.trim()) found.push({ kind: "text", text: words.trim() });
    } else found.push({ kind: "other", text: all });
  }
  return at === xml.length ? found : null;
}

function prettyXml(xml: string): DocumentFragment | null {
  const all = tokens(xml);
  if (!all) return null;
  const out = document.createDocumentFragment();
  let depth = 0;
  let inline = false;
  const line = (): void => {
    if (out.childNodes.length) out.appendChild(document.createTextNode(`\n${"  ".repeat(Math.max(depth, 0))}`));
  };
  all.forEach((token, i) => {
    const next = all[i + 1];
    if (token.kind === "close") {
      depth -= 1;
      if (!inline) line();
      inline = false;
      out.appendChild(tag(`</${token.name}>`));
    } else if (token.kind === "open") {
      line();
      out.appendChild(tag(`<${token.name}${token.attributes}>`));
      depth += 1;
      // An element with words only stays on one line.
      inline = !!next && (next.kind === "cdata" || next.kind === "text" || next.kind === "close");
    } else if (token.kind === "cdata") {
      if (!inline) line();
      out.appendChild(h("span", { class: "x-cdata" }, "<![CDATA["));
      out.appendChild(h("span", { class: "x-text" }, token.text));
      out.appendChild(h("span", { class: "x-cdata" }, "]]>"));
    } else if (token.kind === "text") {
      if (!inline) line();
      out.appendChild(h("span", { class: "x-text" }, token.text));
    } else {
      line();
      out.appendChild("name" in token ? tag(`<${token.name}${token.attributes}/>`) : h("span", { class: "x-cdata" }, token.text));
    }
  });
  return out;
}

function tag(text: string): HTMLElement {
  return h("span", { class: "x-tag" }, text);
}

const JSON_TOKENS = /("(?:\\.|[^"\\])*")(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/g;

function prettyJson(text: string): DocumentFragment | null {
  let shown: string;
  try {
    // Ids beyond 2^53 would change in JSON.parse, so then the text stays as it came.
    shown = /\d{16,}/.test(text) ? text : JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return null;
  }
  const out = document.createDocumentFragment();
  let at = 0;
  shown.replace(JSON_TOKENS, (all: string, words: string | undefined, colon: string | undefined, _value: string, offset: number) => {
    out.appendChild(document.createTextNode(shown.slice(at, offset)));
    const kind = words ? (colon ? "x-tag" : "x-text") : "x-value";
    out.appendChild(h("span", { class: kind }, words || all));
    if (colon) out.appendChild(document.createTextNode(colon));
    at = offset + all.length;
    return all;
  });
  out.appendChild(document.createTextNode(shown.slice(at)));
  return out;
}
