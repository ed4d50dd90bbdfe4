import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig, type Plugin } from "vite";

/** The module in one piece, which the package names beside its parts. The page loads these, one by one. */
const WHOLE = /^assets\/confvet-[^/]*\.packed$/;

/** Leaves out what the page never loads, and writes sw.js, which knows the names of all files of the page. */
function serviceWorker(): Plugin {
  return {
    name: "service-worker",
    apply: "build",
    // Behind the plugins that add files.
    enforce: "post",
    generateBundle(_, bundle) {
      for (const name of Object.keys(bundle).filter((name) => WHOLE.test(name))) delete bundle[name];
      const names = [...Object.keys(bundle), ...readdirSync("public")].sort();
      const files = JSON.stringify(["./", ...names.filter((name) => name !== "index.html").map((name) => `./${name}`)]);
      const hash = createHash("sha256").update(files).update(readFileSync("index.html"));
      for (const name of readdirSync("public")) hash.update(readFileSync(`public/${name}`));
      const build = JSON.stringify(hash.digest("hex").slice(0, 12));
      const source = readFileSync("src/sw.js", "utf8").replace(/^const CACHE/m, `const [BUILD, FILES] = [${build}, ${files}];\n$&`);
      this.emitFile({ type: "asset", fileName: "sw.js", source });
    },
  };
}

// Relative paths everywhere: the page may be put below any directory.
export default defineConfig({
  base: "./",
  plugins: [svelte(), serviceWorker()],
  server: { fs: { allow: [".."] } },
  worker: { format: "es" },
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    // The editor is most of it, and is needed at once.
    chunkSizeWarningLimit: 700,
  },
});
