// Builds what the pages need into src/bantuo/interfaces/static: every name carries the hash of its
// content, manifest.json says which is which, and each text file lies beside its compressed forms.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, "..", "src", "bantuo");
const home = join(source, "interfaces", "static");
const target = `${home}.new`; // swapped in whole at the end: a running server never sees half a build
const manifest = {};

function keep(name, content) {
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 12);
  const ending = extname(name);
  const hashed = `${name.slice(0, -ending.length)}.${hash}${ending}`;
  writeFileSync(join(target, hashed), content);
  writeFileSync(join(target, `${hashed}.gz`), gzipSync(content, { level: 9 }));
  writeFileSync(join(target, `${hashed}.br`), brotliCompressSync(content));
  manifest[name] = hashed;
}

async function bundle(name, entry) {
  const result = await build({
    ...entry,
    bundle: true,
    minify: true,
    write: false,
    absWorkingDir: here,
    target: ["chrome118", "firefox115", "safari16.4"],
    legalComments: "none",
    external: ["data:*"],
  });
  keep(name, result.outputFiles[0].contents);
}

// Every script of src/ but the theme, which has to run before the page is drawn.
function scripts() {
  const own = readdirSync(join(here, "src")).filter((file) => file.endsWith(".js") && file !== "theme.js");
  return own.sort().map((file) => `import "./src/${file}";`).join("\n");
}

function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesBelow(join(folder, entry.name)) : [join(folder, entry.name)],
  );
}

// The icons that pages name, as {name: inner SVG}, so that a page carries only those it shows.
function icons() {
  const folder = join(here, "node_modules", "@tabler", "icons", "icons", "outline");
  const named = new Set(["circle", "help-circle"]);
  for (const file of filesBelow(join(source, "interfaces"))) {
    if (!/\.(html|py)$/.test(file)) continue;
    for (const [, name] of readFileSync(file, "utf8").matchAll(/\bicon(?:\s+|=|":\s*)"([a-z0-9-]+)"/g)) named.add(name);
  }
  const found = {};
  for (const name of [...named].sort()) {
    const path = join(folder, `${name}.svg`);
    try {
      statSync(path);
    } catch {
      console.error(`no icon named "${name}"`);
      process.exitCode = 1;
      continue;
    }
    const inner = readFileSync(path, "utf8").replace(/^[\s\S]*?<svg[^>]*>/, "").replace(/<\/svg>\s*$/, "");
    found[name] = inner.replace(/\s+/g, " ").trim();
  }
  return found;
}

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
await bundle("app.css", { entryPoints: ["src/app.css"] });
await bundle("app.js", { stdin: { contents: scripts(), resolveDir: here }, format: "iife" });
await bundle("theme.js", { entryPoints: ["src/theme.js"], format: "iife" });
keep("favicon.svg", readFileSync(join(here, "src", "favicon.svg")));
writeFileSync(join(target, "icons.json"), JSON.stringify(icons()));
writeFileSync(join(target, "manifest.json"), JSON.stringify(manifest, null, 1));
rmSync(home, { recursive: true, force: true });
renameSync(target, home);
