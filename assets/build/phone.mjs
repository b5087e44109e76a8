// The phone of the simulated WeChat: dist/phone/. Old phones open it too, hence one plain script.

import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";

export async function buildPhone(source, output) {
  await rm(output, { recursive: true, force: true });
  await mkdir(output, { recursive: true });
  const result = await build({
    entryPoints: {
      phone: join(source, "src", "main.ts"),
      state: join(source, "src", "state", "main.ts"),
      style: join(source, "styles", "main.css"),
    },
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
  const named = (start) => {
    const names = Object.keys(result.metafile.outputs).map((path) => path.split("/").pop());
    return names.find((name) => name.startsWith(`${start}-`));
  };
  const icon = await readFile(join(source, "icon.svg"));
  const iconName = `icon-${createHash("sha256").update(icon).digest("hex").slice(0, 8)}.svg`;
  await writeFile(join(output, iconName), icon);
  for (const page of ["index.html", "state.html"]) {
    const html = (await readFile(join(source, page), "utf8"))
      .replace("{{style}}", named("style"))
      .replace("{{script}}", named("phone"))
      .replace("{{state}}", named("state"))
      .replace("{{icon}}", iconName);
    await writeFile(join(output, page), html);
  }
  return Object.entries(result.metafile.outputs).map(([name, { bytes }]) => [name.split("/").pop(), bytes]);
}
