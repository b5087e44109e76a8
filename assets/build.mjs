// Bundles the front-end into dist/: the phone of the simulated WeChat, and the admin.
//
//   node build.mjs                 build
//   node build.mjs --watch         build again after each change
//   node build.mjs --check-texts   only compare the texts of the two languages
//
// All pages are served under `default-src 'self'`, so nothing is inlined: scripts, styles and icons are files, each named
// by its content so that it can be cached for ever.

import { watch } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildAdmin } from "./build/admin.mjs";
import { buildPhone } from "./build/phone.mjs";
import { checkTexts } from "./build/texts.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const locales = join(here, "..", "locales");
const phone = join(here, "phone");
const admin = join(here, "admin");

async function checkAllTexts() {
  await checkTexts(locales, "phone.json", join(phone, "src"));
  await checkTexts(locales, "admin_script.json", join(admin, "src"));
}

async function buildAll() {
  await checkAllTexts();
  const built = await Promise.all([
    buildPhone(phone, join(here, "dist", "phone")),
    buildAdmin(here, admin, join(here, "dist", "admin")),
  ]);
  const kilobytes = (bytes) => `${(bytes / 1024).toFixed(1)} KB`;
  for (const [name, bytes, compressed] of built.flat())
    console.log(`${name.padEnd(32)} ${kilobytes(bytes).padStart(10)}${compressed ? ` ${kilobytes(compressed).padStart(10)} br` : ""}`);
}

async function rebuildOnChange() {
  let waiting;
  for (const folder of [phone, admin, locales]) {
    (async () => {
      for await (const _ of watch(folder, { recursive: true })) {
        clearTimeout(waiting);
        waiting = setTimeout(() => buildAll().catch((error) => console.error(error.message)), 100);
      }
    })();
  }
}

try {
  if (process.argv.includes("--check-texts")) await checkAllTexts();
  else await buildAll();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
if (process.argv.includes("--watch")) await rebuildOnChange();
