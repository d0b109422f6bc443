/** `npm run record:azure`: writes down which resources the samples of infra/azure lead to. Read the difference before you commit. */
import { samples, snapshot } from "./bicep.ts";

for (const { name, group } of samples) {
  const { code, stdout, stderr } = await snapshot("overwrite", `samples/${name}.bicepparam`, group);
  process.stdout.write(`${name}: ${code === 0 ? "written" : "failed"}\n${stdout}${stderr}`);
  if (code !== 0) process.exitCode = 1;
}
