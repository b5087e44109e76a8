// The admin: dist/admin/ with one script, one style sheet, one sprite of icons, and a chunk for each module that a page
// may ask for. manifest.json tells the server their names; .br and .gz lie beside what compresses well.

import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { build } from "esbuild";
import { compileAsync } from "sass";

const target = ["es2022", "chrome123", "firefox120", "safari17.5"];

/** Tabler comes as Sass. */
const scss = (root) => ({
  name: "scss",
  setup({ onLoad }) {
    onLoad({ filter: /\.scss$/ }, async ({ path }) => {
      const { css } = await compileAsync(path, { loadPaths: [join(root, "node_modules")], quietDeps: true });
      return { contents: css, loader: "css" };
    });
  },
});

/** A style sheet that a script imports is a text in its chunk: it arrives with the module that needs it. */
const styleTexts = {
  name: "style-texts",
  setup({ onLoad }) {
    onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { outputFiles } = await build({ entryPoints: [path], bundle: true, minify: true, target, write: false });
      return { contents: outputFiles[0].text, loader: "text" };
    });
  },
};

export async function buildAdmin(root, source, output) {
  await mkdir(output, { recursive: true });
  const common = { outdir: output, bundle: true, minify: true, target, charset: "utf8", legalComments: "none", metafile: true, logLevel: "warning" };
  const [scripts, styles] = await Promise.all([
    build({
      ...common,
      entryPoints: { admin: join(source, "src", "main.ts") },
      entryNames: "[name]-[hash]",
      chunkNames: "[name]-[hash]",
      format: "esm",
      splitting: true,
      plugins: [styleTexts],
    }),
    build({
      ...common,
      entryPoints: { admin: join(source, "styles", "main.css") },
      entryNames: "[name]-[hash]",
      plugins: [scss(root)],
    }),
  ]);
  const manifest = {};
  for (const name of ["icons.svg", "icon.svg"]) manifest[name] = await copyHashed(source, name, output);
  for (const result of [scripts, styles])
    for (const [path, { entryPoint }] of Object.entries(result.metafile.outputs))
      if (entryPoint && /admin-\w+\.(js|css)$/.test(path)) manifest[path.endsWith(".js") ? "admin.js" : "admin.css"] = path.split("/").pop();
  const bundles = [...Object.keys(scripts.metafile.outputs), ...Object.keys(styles.metafile.outputs)].map((path) => path.split("/").pop());
  const names = [...new Set([...bundles, ...Object.values(manifest)])];
  const built = await Promise.all(names.map((name) => compress(output, name)));
  await writeFile(join(output, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  await removeOthers(output, names);
  return built;
}

/** What an earlier build left goes last: a server that reads the folder meanwhile always finds what it was told of. */
async function removeOthers(output, names) {
  const kept = new Set(["manifest.json", ...names.flatMap((name) => [name, `${name}.br`, `${name}.gz`])]);
  const stale = (await readdir(output)).filter((name) => !kept.has(name));
  await Promise.all(stale.map((name) => rm(join(output, name), { recursive: true, force: true })));
}

async function copyHashed(source, name, output) {
  const content = await readFile(join(source, name), "utf8");
  const hashed = name.replace(".", `-${createHash("sha256").update(content).digest("hex").slice(0, 8)}.`);
  await writeFile(join(output, hashed), content);
  return hashed;
}

/** Gives name, bytes, and bytes as Brotli. */
async function compress(output, name) {
  const content = await readFile(join(output, name));
  const [br, gz] = await Promise.all([
    promisify(brotliCompress)(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length } }),
    promisify(gzip)(content, { level: 9 }),
  ]);
  if (content.length > 1024) {
    await writeFile(join(output, `${name}.br`), br);
    await writeFile(join(output, `${name}.gz`), gz);
  }
  return [name, content.length, br.length];
}
