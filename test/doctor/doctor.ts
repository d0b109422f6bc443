import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { runDoctor } from "../../local/run-doctor.ts";
import type { Check, CheckName } from "../../shared/lifecycle/doctor/check.ts";

/** What the command says with these settings, by check. */
export async function doctorSays(
  environment: Readonly<Record<string, string | undefined>>,
  args: readonly string[] = [],
): Promise<{ status: number; checks: Map<CheckName, Check> }> {
  const lines: string[] = [];
  const status = await runDoctor(["--json", ...args], environment, (line) => lines.push(line));
  const { checks } = JSON.parse(lines.join("\n")) as { checks: Check[] };
  return { status, checks: new Map(checks.map((check) => [check.name, check])) };
}

/** The names of the checks in a state. */
export function inState(checks: ReadonlyMap<CheckName, Check>, state: Check["state"]): CheckName[] {
  return [...checks.values()].filter((check) => check.state === state).map(({ name }) => name);
}

/** All that a check found, as one text. */
export function wordsOf(checks: ReadonlyMap<CheckName, Check>, name: CheckName): string {
  return (checks.get(name)?.findings ?? []).map(({ what, advice }) => `${what} (${advice})`).join("\n");
}

/** An address of this machine at which nobody listens, as http://127.0.0.1:port. */
export async function closedAddress(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return `http://127.0.0.1:${port}`;
}
