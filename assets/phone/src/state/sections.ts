import type { Child } from "../dom";
import { tr } from "../i18n";
import type { IconName } from "../icons";
import * as cell from "./cells";
import { lines, number, text, type Line } from "./data";

/** What the cells of a section may need to know of its account. */
export interface Around {
  tags: Map<number, string>;
}

export interface Column {
  /** Its title is `state.col.NAME`. */
  name: string;
  cell: (line: Line, around: Around) => Child;
  /** Figures stand at the right. */
  right?: boolean;
}

export interface Section {
  /** Its title is `state.section.NAME`. */
  name: string;
  icon: IconName;
  columns: Column[];
}

const column = (name: string, cell: Column["cell"], right = false): Column => ({ name, cell, right });
const of = (field: string, show: (value: unknown) => Child) => (line: Line): Child => show(line[field]);
const titles = (line: Line): Child => lines(line.titles).map(text).filter(Boolean).join(" · ") || text(line.title) || text(line.name) || "–";
const tags = (line: Line, around: Around): Child => cell.chips(lines(line.tags).map((tag) => around.tags.get(number(tag)) || String(tag)));

const PEOPLE: Column[] = [
  column("person", cell.person),
  column("openid", of("openid", cell.id)),
  column("tags", tags),
  column("remark", of("remark", cell.words)),
  column("scene", of("scene", cell.words)),
  column("followed", of("subscribe_time", cell.seconds)),
];

const TEMPLATES: Column[] = [
  column("title", titles),
  column("template_id", of("id", cell.id)),
  column("content", of("content", cell.words)),
];

/** The groups of the list at the left, and what stands in each. */
export const GROUPS: { name: string; sections: Section[] }[] = [
  {
    name: "people",
    sections: [
      { name: "followers", icon: "person", columns: PEOPLE },
      { name: "blacklist", icon: "close", columns: PEOPLE },
      { name: "tags", icon: "columns", columns: [column("name", of("name", cell.words)), column("id", of("id", cell.code)), column("count", of("count", cell.figure), true)] },
      { name: "logins", icon: "globe", columns: [column("openid", of("openid", cell.id)), column("scope", of("scope", cell.code)), column("snapshot", (line) => (line.snapshot ? tr("state.yes", "") : "–")), column("at", of("at", cell.seconds))] },
    ],
  },
  {
    name: "content",
    sections: [
      { name: "menus", icon: "menu", columns: [column("rule", (line, around) => cell.rule(line, around.tags)), column("buttons", of("button", cell.buttons)), column("menuid", of("menuid", cell.id))] },
      { name: "materials", icon: "image", columns: [column("name", titles), column("kind", of("kind", cell.code)), column("media_id", of("media_id", cell.id)), column("at", of("update_time", cell.seconds))] },
      { name: "drafts", icon: "text", columns: [column("title", titles), column("media_id", of("media_id", cell.id)), column("at", of("update_time", cell.seconds))] },
      { name: "publications", icon: "news", columns: [column("title", titles), column("article_id", of("article_id", cell.id)), column("state", of("state", cell.state)), column("at", of("update_time", cell.seconds))] },
      { name: "comments", icon: "lines", columns: [column("content", of("content", cell.words)), column("openid", of("openid", cell.id)), column("reply", of("reply", cell.words)), column("state", of("state", cell.state)), column("at", of("create_time", cell.seconds))] },
      { name: "codes", icon: "scan", columns: [column("scene", of("scene", cell.words)), column("kind", of("kind", cell.state)), column("url", of("url", cell.id)), column("expires", of("expires_at", cell.seconds))] },
    ],
  },
  {
    name: "messages",
    sections: [
      { name: "outbox", icon: "wire", columns: [column("way", (line) => tr(`state.way.${text(line.way)}`, text(line.way))), column("kind", of("kind", cell.code)), column("to", of("to", cell.addressee)), column("summary", of("summary", cell.words)), column("state", of("state", cell.state)), column("at", (line) => cell.moment(number(line.at)))] },
      { name: "templates", icon: "event", columns: TEMPLATES },
      { name: "subscriptions", icon: "event", columns: TEMPLATES },
      { name: "agents", icon: "person", columns: [column("agent", of("kf_account", cell.code)), column("name", of("nickname", cell.words)), column("state", of("state", cell.state)), column("cases", of("cases", cell.figure), true)] },
      { name: "sessions", icon: "text", columns: [column("openid", of("openid", cell.id)), column("agent", of("kf_account", cell.words)), column("state", of("state", cell.state)), column("since", of("since", cell.seconds))] },
    ],
  },
  {
    name: "api",
    sections: [
      { name: "calls", icon: "bolt", columns: [column("at", of("at", cell.clock)), column("call", (line) => `${text(line.method)} ${text(line.path)}`), column("errcode", cell.errcode), column("millis", of("millis", cell.millis), true), column("rid", of("rid", cell.id))] },
      { name: "quotas", icon: "auto", columns: [column("path", of("path", cell.code)), column("use", cell.use)] },
    ],
  },
];

export const SECTIONS: Section[] = GROUPS.reduce<Section[]>((all, group) => all.concat(group.sections), []);
