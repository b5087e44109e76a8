const worn = new Set<string>();

/** Puts on a style sheet that came with a module. It goes through the CSSOM, which the page's CSP allows. */
export function wear(css: string): void {
  if (worn.has(css)) return;
  worn.add(css);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets.push(sheet);
}
