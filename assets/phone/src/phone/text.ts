import { h, type Child } from "../dom";

/** Taps inside a message: a web address, or a `weixin://bizmsgmenu` choice, which is sent as one's own text. */
export interface TextTaps {
  open: (url: string) => void;
  say: (content: string, choice?: string) => void;
}

// Anchors are part of WeChat's own text messages; whatever else looks like markup is shown as it is.
const LINKS = /<a\s[^>]*?href\s*=\s*(?:"([^"]*)"|'([^']*)')[^>]*>([\s\S]*?)<\/a>|(https?:\/\/[\w\-./?%&=+#~:@!$,;*]+[\w\-/?%&=+#~@$*])/gi;

/** The text with its links made tappable. */
export function richText(text: string, taps: TextTaps): Child[] {
  const parts: Child[] = [];
  let at = 0;
  text.replace(LINKS, (all: string, double: string, single: string, words: string, bare: string, offset: number) => {
    parts.push(text.slice(at, offset));
    const target = bare || double || single || "";
    parts.push(link(target, bare || words, taps) || all);
    at = offset + all.length;
    return all;
  });
  parts.push(text.slice(at));
  return parts;
}

function link(target: string, words: string, taps: TextTaps): Child {
  const web = /^https?:\/\//i.test(target);
  const choice = /^weixin:\/\/bizmsgmenu\?(.*)$/i.exec(target);
  if (!web && !choice) return null;
  const params = new URLSearchParams(choice?.[1] || "");
  const say = (): void => taps.say(params.get("msgmenucontent") || words, params.get("msgmenuid") || undefined);
  return h(
    "button",
    { class: "text-link", type: "button", onclick: () => (choice ? say() : taps.open(target)) },
    words,
  );
}
