import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { build, type BuildOptions, type Metafile, type Plugin } from "esbuild";

/** The files of the bundle, by name, and the folders of the packages whose code is in it. */
export interface Bundle {
  files: ReadonlyMap<string, Uint8Array>;
  packages: readonly string[];
}

/** The entry point imports the bundle, instead of having it inside. */
const withoutTheApp: Plugin = {
  name: "without-the-app",
  setup(bundler) {
    bundler.onResolve({ filter: /\/functions\/index\.ts$/ }, () => ({ path: "./app.js", external: true }));
  },
};

/** In the package the portal's folder is beside the bundle. */
const portalBeside: Plugin = {
  name: "portal-beside",
  setup(bundler) {
    bundler.onLoad({ filter: /\/functions\/portal-folder\.ts$/ }, () => ({
      contents: 'export const portalFolder = new URL("./portal/", import.meta.url);',
    }));
  },
};

/**
 * Bundles the product with all packages that it uses: index.js, the entry point, which imports app.js, and app.js.map.
 * The same sources and packages give the same bytes, wherever they are. Nothing is written.
 *
 * @param root the folder of the repository
 */
export async function bundleApp(root: string): Promise<Bundle> {
  const common = {
    absWorkingDir: root,
    bundle: true,
    write: false as const,
    platform: "node" as const,
    target: "node24",
    format: "esm" as const,
    // The worker provides it when it is required, and there is no such package.
    external: ["@azure/functions-core"],
    // THIRD-PARTY-NOTICES.txt has them.
    legalComments: "none",
    logLevel: "silent" as const,
  } satisfies BuildOptions;
  // Where it would be written; the map's paths are relative to it.
  const outfile = (name: string) => ({ outfile: join(root, "dist/package/app", name) });
  const [entry, app] = await Promise.all([
    build({
      ...common,
      ...outfile("index.js"),
      entryPoints: ["local/package/entry.ts"],
      plugins: [withoutTheApp],
    }),
    build({
      ...common,
      ...outfile("app.js"),
      entryPoints: ["functions/index.ts"],
      plugins: [portalBeside],
      sourcemap: true,
      // The names and lines of the sources are enough for a stack trace.
      sourcesContent: false,
      // Names stay as they are, for stack traces without the map. A smaller file starts no faster (bench:import).
      minify: false,
      metafile: true as const,
      // Packages in CommonJS require Node's modules.
      banner: {
        js: 'import { createRequire as __createRequire } from "node:module";\nconst require = __createRequire(import.meta.url);',
      },
    }),
  ]);
  const files = [...entry.outputFiles, ...app.outputFiles].map(
    ({ path, contents }) => [basename(path), contents] as const,
  );
  return { files: new Map(files), packages: packagesIn(root, app.metafile) };
}

/** Returns the folders of the packages whose code is in the bundle, sorted. */
function packagesIn(root: string, { outputs }: Metafile): string[] {
  const found = new Set<string>();
  for (const { inputs } of Object.values(outputs))
    for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
      const folder = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0];
      if (folder !== undefined && bytesInOutput > 0) found.add(folder);
    }
  return [...found].filter((folder) => existsSync(join(root, folder, "package.json"))).sort();
}
