/** `npm run record:azure`: writes down which resources the samples of infra/azure lead to. Read the difference before you commit. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { samples, snapshot, templates } from "./bicep.ts";

for (const { name, group } of samples) {
  const { code, stdout, stderr } = await snapshot("overwrite", `samples/${name}.bicepparam`, group);
  process.stdout.write(`${name}: ${code === 0 ? "written" : "failed"}\n${stdout}${stderr}`);
  if (code === 0) await sortOutputs(join(templates, `samples/${name}.snapshot.json`));
  else process.exitCode = 1;
}

/** Bicep writes them in another order each time. */
async function sortOutputs(file: string): Promise<void> {
  const { outputs, ...rest } = JSON.parse(await readFile(file, "utf8")) as { outputs: Record<string, unknown> };
  const sorted = Object.fromEntries(Object.entries(outputs).sort(([one], [other]) => (one < other ? -1 : 1)));
  await writeFile(file, JSON.stringify({ ...rest, outputs: sorted }, undefined, 2));
}
