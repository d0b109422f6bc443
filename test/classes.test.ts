import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { testFiles } from "./classes.ts";

let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "classes-"));
  const files = {
    "local/server.ts": 'import { spawn } from "node:child_process";\nexport const start = spawn;\n',
    "local/between.ts": 'export { start } from "./server.ts";\n',
    "local/pure.ts": 'import type { start } from "./server.ts";\nexport type Start = typeof start;\n',
    "local/package/package.json": '{ "name": "@ours/server", "exports": { ".": "./main.ts" } }',
    "local/package/main.ts": 'export {\n  start,\n} from "../server.ts";\n',
    "test/directly.test.ts": 'import "node:child_process";\n',
    "test/through-others.test.ts": 'import {\n  start,\n} from "../local/between.ts";\n',
    "test/late.test.ts": 'const { start } = await import("../local/between.ts");\n',
    "test/by-package.test.ts": 'import { start } from "@ours/server";\n',
    "test/types-only.test.ts":
      'import type { Start } from "../local/pure.ts";\nimport { pure } from "../local/pure.ts";\n',
    "shared/nothing.test.ts": 'import { readFile } from "node:fs/promises";\nimport { z } from "zod";\n',
    "portal/page.test.ts": "",
    "functions/no-test.ts": 'import "node:child_process";\n',
    "orchestrations/no-test.ts": "",
  };
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
  await mkdir(join(root, "node_modules/@ours"), { recursive: true });
  await symlink(join(root, "local/package"), join(root, "node_modules/@ours/server"));
});
afterAll(() => rm(root, { recursive: true }));

it("a test file is quick unless something that it imports, directly or indirectly, imports node:child_process", () => {
  expect(testFiles(root)).toEqual({
    quick: ["portal/page.test.ts", "shared/nothing.test.ts", "test/types-only.test.ts"],
    processes: ["test/by-package.test.ts", "test/directly.test.ts", "test/late.test.ts", "test/through-others.test.ts"],
  });
});
