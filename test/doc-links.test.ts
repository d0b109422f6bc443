import { existsSync } from "node:fs";
import { glob, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";

const root = dirname(import.meta.dirname);
const pages: string[] = [];
for await (const page of glob(["*.md", "{docs,infra,local,test}/**/*.md"], { cwd: root })) pages.push(page);

/** Returns the anchors that GitHub makes of the headings. */
const anchorsOf = (text: string) =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );

describe("documentation", () => {
  it.each(pages)("%s links only to files and headings that exist", async (page) => {
    const text = await readFile(join(root, page), "utf8");
    for (const [, link = ""] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(link)) continue;
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? join(root, page) : join(root, dirname(page), path);
      expect(existsSync(target), `${link} in ${page}`).toBe(true);
      if (anchor !== undefined && target.endsWith(".md"))
        expect(anchorsOf(await readFile(target, "utf8")), `${link} in ${page}`).toContain(anchor);
    }
  });

  it("names only files of the product that exist", async () => {
    const text = await readFile(join(root, "docs/how-it-works.md"), "utf8");
    const named = [...text.matchAll(/`((?:functions|orchestrations|shared|infra|local)\/[\w/.-]*)`/g)].map(
      ([, path = ""]) => path,
    );
    expect(named.length).toBeGreaterThan(30);
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});
