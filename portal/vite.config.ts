import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

const pages = ["index", "console", "accessibility"];
const within = (path: string) => new URL(path, import.meta.url).pathname;

export default defineConfig({
  root: within("."),
  base: "/",
  publicDir: false,
  cacheDir: within("../node_modules/.vite-portal"),
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  css: { preprocessorOptions: { scss: { loadPaths: [within("../node_modules")], quietDeps: true } } },
  build: {
    outDir: within("../dist/portal"),
    emptyOutDir: true,
    target: "es2023",
    // The content security policy allows no data: addresses, and no script that the polyfill would add.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: { input: pages.map((page) => within(`${page}.html`)) },
  },
  plugins: [compressed()],
});

/** Writes each file that is worth it a second and a third time, compressed: the app does not compress while it serves. */
function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    async generateBundle(_options, bundle) {
      for (const [fileName, file] of Object.entries(bundle)) {
        if (!/\.(js|css|svg)$/.test(fileName)) continue;
        const content = Buffer.from(file.type === "chunk" ? file.code : file.source);
        const brotli = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } };
        this.emitFile({
          type: "asset",
          fileName: `${fileName}.br`,
          source: await promisify(brotliCompress)(content, brotli),
        });
        this.emitFile({
          type: "asset",
          fileName: `${fileName}.gz`,
          source: await promisify(gzip)(content, { level: 9 }),
        });
      }
    },
  };
}
