import { z } from "zod";
import { ProductError } from "../errors.ts";
import type { ActiveTunnel } from "../lifecycle/sessions.ts";
import { type Ask, instanceAt, type RestOptions, unavailable } from "./rest.ts";

/** Which tunnels there are now, by the word of Guacamole's web application. */
export interface ActiveConnections {
  /**
   * Throws `guacamole-unavailable` unless every instance gave a whole answer: a person who is missing from half an answer
   * may still be connected.
   */
  now(): Promise<readonly ActiveTunnel[]>;
  /**
   * Ends the tunnels that `which` chooses, and returns how many there were; the person reads that they were disconnected.
   * Throws `guacamole-unavailable` unless every instance did it; those that answer have done it then.
   */
  end(which: <Tunnel extends ActiveTunnel>(tunnels: readonly Tunnel[]) => Tunnel[]): Promise<number>;
  /** Ends the logins that are kept. */
  close(): Promise<void>;
}

interface Options extends RestOptions {
  /** One address per instance, without `/api`: an instance knows only its own tunnels. */
  urls: readonly string[];
  /** Guacamole's name of the database extension: `postgresql`. */
  dataSource: string;
}

interface Tunnel extends ActiveTunnel {
  id: string;
}

const permissions = z.object({ systemPermissions: z.array(z.string()) });
/**
 * As APIActiveConnection.java (1.6.0) is written out, by the tunnel's UUID. Ids are texts; null is allowed there, and is no
 * connection of ours. Times are milliseconds since 1970, and those of the history's rows.
 */
const tunnels = z
  .record(
    z.string(),
    z.object({
      connectionIdentifier: z
        .string()
        .regex(/^\d{1,10}$/)
        .transform(Number)
        .nullish(),
      startDate: z.int().min(0).max(8_640_000_000_000_000).nullish(),
      username: z.string().nullish(),
    }),
  )
  .transform((all) =>
    Object.entries(all).map(([id, { connectionIdentifier, startDate, username }]): Tunnel => ({
      id,
      connectionId: connectionIdentifier ?? null,
      entity: username ?? null,
      startedAt: startDate == null ? null : new Date(startDate).toISOString(),
    })),
  );
/** 1.6.0 says what it removed, 1.5 answers without a body. */
const removed = z.unknown();

export function activeConnectionsOf({ urls, dataSource, ...options }: Options): ActiveConnections {
  const instances = urls.map((url) => ({ url, ...instanceAt(url, options) }));
  const data = `session/data/${encodeURIComponent(dataSource)}`;
  const refused = { 404: `it has no data source ${dataSource} for this account (check its name)` };

  async function tunnelsOf(url: string, ask: Ask): Promise<Tunnel[]> {
    const { systemPermissions } = await ask(permissions, `${data}/self/effectivePermissions`, refused);
    // AbstractGuacamoleTunnelService.getActiveConnections leaves out, without a word, what others may not see.
    if (!systemPermissions.includes("ADMINISTER"))
      throw unavailable(
        url,
        "the account cannot see everybody's connections (give it the system permission ADMINISTER)",
      );
    return ask(tunnels, `${data}/activeConnections`, refused);
  }

  /** Asks all at once, and waits for all: what one instance can do is done, whatever another answers. */
  async function ofEach<Result>(work: (url: string, ask: Ask) => Promise<Result>): Promise<Result[]> {
    if (instances.length === 0)
      throw new ProductError("guacamole-unavailable", "ask which connections are active: no address is set");
    const answers = await Promise.allSettled(
      instances.map((instance) => instance.loggedIn((ask) => work(instance.url, ask))),
    );
    return answers.map((answer) => {
      if (answer.status === "rejected") throw answer.reason;
      return answer.value;
    });
  }

  return {
    now: async () => (await ofEach(tunnelsOf)).flat(),
    async end(which) {
      const ended = await ofEach(async (url, ask) => {
        const chosen = which(await tunnelsOf(url, ask));
        if (chosen.length === 0) return 0;
        const patch = chosen.map(({ id }) => ({ op: "remove", path: `/${id}` }));
        const headers = { "Content-Type": "application/json" };
        const request = { method: "PATCH", headers, body: JSON.stringify(patch) };
        await ask(removed, `${data}/activeConnections`, refused, request);
        return chosen.length;
      });
      return ended.reduce((sum, count) => sum + count, 0);
    },
    async close() {
      await Promise.all(instances.map((instance) => instance.logOut()));
    },
  };
}
