// Reading sources and comparing the texts of the two languages.

import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";

/** Everything that lies in `folder`, as one text. */
export async function allSource(folder) {
  const entries = await readdir(folder, { withFileTypes: true });
  const texts = entries.map((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? allSource(path) : readFile(path, "utf8");
  });
  return (await Promise.all(texts)).join("\n");
}

/** Every text of `locales/LANGUAGE/NAME` exists in both languages, with the same placeholders, and is used in `folder`. */
export async function checkTexts(locales, name, folder) {
  const read = async (language) => JSON.parse(await readFile(join(locales, language, name), "utf8"));
  const [zh, en] = [await read("zh-CN"), await read("en")];
  const holes = (text) => (text.match(/%\{\w+\}/g) ?? []).sort().join(" ");
  const code = await allSource(folder);
  const problems = [];
  for (const key of new Set([...Object.keys(zh), ...Object.keys(en)])) {
    if (!zh[key] || !en[key]) problems.push(`${key}: missing in ${zh[key] ? "en" : "zh-CN"}`);
    else if (holes(zh[key]) !== holes(en[key])) problems.push(`${key}: placeholders differ`);
    // Keys put together at run time ("kind." + kind) are found by their prefix.
    else if (!code.includes(`"${key}"`) && !code.includes(`\`${key.slice(0, key.lastIndexOf(".") + 1)}\${`))
      problems.push(`${key}: used nowhere`);
  }
  if (problems.length) throw new Error(`locales/*/${name}\n  ${problems.join("\n  ")}`);
}
