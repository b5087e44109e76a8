// Line icons on a 24-unit grid, drawn for this page.

const PATHS = {
  back: "M15 4l-8 8 8 8",
  chevron: "M9 5l7 7-7 7",
  down: "M5 9l7 7 7-7",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  keyboard: "M3 6.5h18v11H3zM7 10.5h.01M10.3 10.5h.01M13.7 10.5h.01M17 10.5h.01M8.5 14h7",
  lines: "M6 8.5h12M6 12h12M6 15.5h12",
  plus: "M12 3a9 9 0 100 18 9 9 0 000-18zM12 8v8M8 12h8",
  add: "M12 5v14M5 12h14",
  voice: "M12 3a9 9 0 100 18 9 9 0 000-18zM9 12h.01M11 14.6a3.7 3.7 0 000-5.2M13.3 16.9a7 7 0 000-9.8",
  waves: "M6 12h.01M9 15.5a5 5 0 000-7M13 18.8a9.6 9.6 0 000-13.6",
  image: "M3.5 5h17v14h-17zM4 17l5.5-5.5 4 4 2-2 5 4.5M15.5 9h.01",
  video: "M3 7h12v10H3zM15 11l6-3.5v9L15 13",
  short_video: "M12 3a9 9 0 100 18 9 9 0 000-18zM10 8.5l5.5 3.5-5.5 3.5z",
  mic: "M12 3a3 3 0 00-3 3v6a3 3 0 006 0V6a3 3 0 00-3-3zM5.5 11.5a6.5 6.5 0 0013 0M12 18v3",
  pin: "M12 21.5s7-6.5 7-11.5a7 7 0 10-14 0c0 5 7 11.5 7 11.5zM12 12.5a2.5 2.5 0 100-5 2.5 2.5 0 000 5z",
  link: "M10 14a4 4 0 005.7 0l3.3-3.3a4 4 0 00-5.7-5.7l-1.3 1.3M14 10a4 4 0 00-5.7 0L5 13.3A4 4 0 0010.7 19l1.3-1.3",
  scan: "M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M3 12h18",
  close: "M6 6l12 12M18 6L6 18",
  check: "M5 12.5l4.5 4.5L19 7.5",
  copy: "M9 9h11v11H9zM5.5 15H4V4h11v1.5",
  bolt: "M13 3L5 14h6l-1 7 8-11h-6z",
  sun: "M12 8a4 4 0 100 8 4 4 0 000-8zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4",
  moon: "M20 14.5A8.5 8.5 0 019.5 4 8.5 8.5 0 1020 14.5z",
  auto: "M12 3a9 9 0 100 18 9 9 0 000-18zM12 3v18M12 7h6.5M12 11h9M12 15h8M12 19h4",
  columns: "M3.5 4.5h7.5v15H3.5zM13 4.5h7.5v15H13z",
  wire: "M4 8.5h15M15.5 5L19 8.5 15.5 12M20 15.5H5M8.5 12L5 15.5 8.5 19",
  music: "M9 17.5V6l10-2v11.5M9 17.5a2.5 2.5 0 11-5 0 2.5 2.5 0 015 0zM19 15.5a2.5 2.5 0 11-5 0 2.5 2.5 0 015 0z",
  play: "M9 6.5l8.5 5.5L9 17.5z",
  person: "M12 12a4 4 0 100-8 4 4 0 000 8zM4.5 20.5a7.5 7.5 0 0115 0",
  text: "M4 5h16v11h-8.5L7 20v-4H4zM8 9h8M8 12h5",
  menu: "M4 5h16v14H4zM4 14.5h16M9.3 14.5V19M14.7 14.5V19",
  news: "M4 5h16v14H4zM7 8.5h4v4H7zM13.5 8.5H17M13.5 12H17M7 15.5h10",
  event: "M12 4a6 6 0 00-6 6v4l-1.5 3h15L18 14v-4a6 6 0 00-6-6zM10 19.5a2 2 0 004 0",
  warn: "M12 3.5L2.5 20h19zM12 10v4.5M12 17.3h.01",
  globe: "M12 3a9 9 0 100 18 9 9 0 000-18zM3 12h18M12 3c2.7 2.7 4 5.7 4 9s-1.3 6.3-4 9c-2.7-2.7-4-5.7-4-9s1.3-6.3 4-9z",
} as const;

export type IconName = keyof typeof PATHS;

export function isIcon(name: string): name is IconName {
  return name in PATHS;
}

/** An icon of `size` px; hidden from screen readers, since the control around it carries the name. */
export function icon(name: IconName, size = 24): SVGSVGElement {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const attributes = { viewBox: "0 0 24 24", width: size, height: size, class: `icon icon-${name}`, "aria-hidden": "true" };
  for (const key of Object.keys(attributes) as (keyof typeof attributes)[]) svg.setAttribute(key, String(attributes[key]));
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", PATHS[name]);
  svg.appendChild(path);
  return svg;
}
