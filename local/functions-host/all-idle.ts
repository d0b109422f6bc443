import type { FunctionsHost } from "./host.ts";

/** Resolves when none of the hosts on one hub has anything left to do. Leave out those that were killed. */
export async function whenAllIdle(hosts: readonly Pick<FunctionsHost, "commits" | "whenIdle">[]): Promise<void> {
  const countCommits = () => hosts.reduce((sum, { commits }) => sum + commits, 0);
  let before: number;
  do {
    before = countCommits();
    await Promise.all(hosts.map((host) => host.whenIdle()));
    // What one has committed may be work for another that was idle already.
  } while (countCommits() !== before);
}
