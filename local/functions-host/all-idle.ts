import type { FunctionsHost } from "./host.ts";

/** Resolves when all hosts of one hub are idle. Leave out killed hosts. */
export async function whenAllIdle(hosts: readonly Pick<FunctionsHost, "commits" | "whenIdle">[]): Promise<void> {
  const countCommits = () => hosts.reduce((sum, { commits }) => sum + commits, 0);
  let before: number;
  do {
    before = countCommits();
    await Promise.all(hosts.map((host) => host.whenIdle()));
    // One host's commit may be work for another that was already idle.
  } while (countCommits() !== before);
}
