import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { defineConfig, type Plugin, runnerImport } from "vite";

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
    rolldownOptions: {
      input: pages.map((page) => within(`${page}.html`)),
      // Sass takes nearly all of the time, on a busy machine so much that it would be told.
      checks: { bundlerTimings: false },
    },
  },
  plugins: [computed(), unindented(), compressed(), packages()],
});

/** Puts the values that these files export in their place: what they are computed with is not in the pages. */
function computed(): Plugin {
  return {
    name: "computed",
    enforce: "pre",
    async load(id) {
      if (!/\/portal\/api\/(console-)?shapes\.ts$/.test(id)) return null;
      const { module, dependencies } = await runnerImport<Record<string, unknown>>(id, { configFile: false });
      for (const file of dependencies) this.addWatchFile(file);
      return Object.entries(module)
        .map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};`)
        .join("\n");
    },
  };
}

/** Leaves out how the pages are indented: the app puts its settings in, and sends them as they are. */
function unindented(): Plugin {
  return {
    name: "unindented",
    transformIndexHtml: { order: "post", handler: (html) => html.replaceAll(/^\s+/gm, "") },
  };
}

/** Writes each file that is worth it a second and a third time, compressed: the app does not compress while it serves. */
function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    enforce: "post",
    generateBundle: {
      // Vite itself changes the chunks here, taking out the imports of those that had only styles.
      order: "post",
      async handler(_options, bundle) {
        for (const [fileName, file] of Object.entries(bundle)) {
          if (!/\.(js|css|svg)$/.test(fileName)) continue;
          const content = Buffer.from(file.type === "chunk" ? file.code : file.source);
          const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
          const br = await promisify(brotliCompress)(content, { params });
          const gz = await promisify(gzip)(content, { level: 9 });
          this.emitFile({ type: "asset", fileName: `${fileName}.br`, source: br });
          this.emitFile({ type: "asset", fileName: `${fileName}.gz`, source: gz });
        }
      },
    },
  };
}

/** Packages that Sass reads: Vite is not told which files those are. */
const throughSass = ["nhsuk-frontend"];

/** Writes the names of the packages whose code or style is in the pages: their licences want to be passed on. */
function packages(): Plugin {
  return {
    name: "packages",
    apply: "build",
    generateBundle(_options, bundle) {
      const used = Object.values(bundle).flatMap((file) =>
        file.type === "chunk"
          ? Object.entries(file.modules).flatMap(([id, { renderedLength }]) => (renderedLength > 0 ? [id] : []))
          : file.originalFileNames,
      );
      const names = used.flatMap((file) => /^.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []);
      const all = [...new Set([...names, ...throughSass])].sort();
      this.emitFile({ type: "asset", fileName: "packages.json", source: JSON.stringify(all) });
    },
  };
}
