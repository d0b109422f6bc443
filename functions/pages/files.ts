import { readdirSync, readFileSync } from "node:fs";
import { brotliCompressSync, gzipSync } from "node:zlib";

/** One file of the built portal, and the same compressed, where that was worth it. */
export interface PageFile {
  content: Buffer;
  br?: Buffer | undefined;
  gzip?: Buffer | undefined;
}

/** The files of the built portal by name: `index.html`, `assets/portal-CV1X8dV4.js`. */
export type PageFiles = ReadonlyMap<string, PageFile>;

/**
 * Reads the built portal into memory, with the compressed files that the build wrote beside the others (`NAME.br`,
 * `NAME.gz`): no request ever reaches a file system. Returns undefined if there is no such folder.
 */
export function readPageFiles(folder: URL): PageFiles | undefined {
  const read = new Map<string, Buffer>();
  try {
    for (const part of ["", "assets/"])
      for (const entry of readdirSync(new URL(part, folder), { withFileTypes: true }))
        if (entry.isFile()) read.set(part + entry.name, readFileSync(new URL(part + entry.name, folder)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const names = [...read.keys()].filter((name) => !/\.(br|gz)$/.test(name));
  return new Map(
    names.map((name) => [
      name,
      { content: read.get(name) ?? Buffer.alloc(0), br: read.get(`${name}.br`), gzip: read.get(`${name}.gz`) },
    ]),
  );
}

/** For pages, which have the settings in them: the build could not compress them. */
export function compressed(content: Buffer): PageFile {
  return { content, br: brotliCompressSync(content), gzip: gzipSync(content) };
}
