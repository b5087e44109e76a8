// Bundles the front-end into dist/. Today that is one page: the phone of the simulated WeChat, in dist/phone/.
//
//   node build.mjs                 build
//   node build.mjs --watch         build again after each change
//   node build.mjs --check-texts   only compare the texts of the two languages
//
// The page is served under `default-src 'self'`, so nothing is inlined: one script, one style sheet, one icon,
// each named by its content so that it can be cached for ever; only index.html changes in place.

import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rm, watch, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, "phone");
const output = join(here, "dist", "phone");
const locales = join(here, "..", "locales");

/** Every text exists in both languages, with the same placeholders, and is used somewhere. */
async function checkTexts() {
  const read = async (language) => JSON.parse(await readFile(join(locales, language, "phone.json"), "utf8"));
  const [zh, en] = [await read("zh-CN"), await read("en")];
  const holes = (text) => (text.match(/%\{\w+\}/g) ?? []).sort().join(" ");
  const code = await allSource(join(source, "src"));
  const problems = [];
  for (const key of new Set([...Object.keys(zh), ...Object.keys(en)])) {
    if (!zh[key] || !en[key]) problems.push(`${key}: missing in ${zh[key] ? "en" : "zh-CN"}`);
    else if (holes(zh[key]) !== holes(en[key])) problems.push(`${key}: placeholders differ`);
    // Keys put together at run time ("kind." + kind) are found by their prefix.
    else if (!code.includes(`"${key}"`) && !code.includes(`\`${key.slice(0, key.lastIndexOf(".") + 1)}\${`))
      problems.push(`${key}: used nowhere`);
  }
  if (problems.length) throw new Error(`locales/*/phone.json\n  ${problems.join("\n  ")}`);
}

async function allSource(folder) {
  const entries = await readdir(folder, { withFileTypes: true });
  const texts = entries.map((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? allSource(path) : readFile(path, "utf8");
  });
  return (await Promise.all(texts)).join("\n");
}

async function buildPhone() {
  await checkTexts();
  await rm(output, { recursive: true, force: true });
  await mkdir(output, { recursive: true });
  const result = await build({
    entryPoints: { phone: join(source, "src", "main.ts"), style: join(source, "styles", "main.css") },
    outdir: output,
    entryNames: "[name]-[hash]",
    bundle: true,
    minify: true,
    format: "iife",
    target: ["es2017", "chrome66", "safari14.1"],
    charset: "utf8",
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
  });
  const named = (ending) => {
    const path = Object.keys(result.metafile.outputs).find((name) => name.endsWith(ending));
    return path.split("/").pop();
  };
  const icon = await readFile(join(source, "icon.svg"));
  const iconName = `icon-${createHash("sha256").update(icon).digest("hex").slice(0, 8)}.svg`;
  await writeFile(join(output, iconName), icon);
  const page = (await readFile(join(source, "index.html"), "utf8"))
    .replace("{{style}}", named(".css"))
    .replace("{{script}}", named(".js"))
    .replace("{{icon}}", iconName);
  await writeFile(join(output, "index.html"), page);
  for (const [name, { bytes }] of Object.entries(result.metafile.outputs))
    console.log(`${name.split("/").pop().padEnd(24)} ${(bytes / 1024).toFixed(1)} KB`);
}

async function rebuildOnChange() {
  let waiting;
  for (const folder of [source, locales]) {
    (async () => {
      for await (const _ of watch(folder, { recursive: true })) {
        clearTimeout(waiting);
        waiting = setTimeout(() => buildPhone().catch((error) => console.error(error.message)), 100);
      }
    })();
  }
}

try {
  if (process.argv.includes("--check-texts")) await checkTexts();
  else await buildPhone();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
if (process.argv.includes("--watch")) await rebuildOnChange();
