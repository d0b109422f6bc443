import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { CoreV1Api, KubernetesObjectApi } from "@kubernetes/client-node";
import { setTimeout as pause } from "node:timers/promises";
import { parseOperationId } from "../../shared/person/operation.ts";
import { cpuOf, measurable } from "./cpu-of.ts";
import type { FreshProduct } from "./fresh-product.ts";
import { type FreshSystems } from "./fresh-systems.ts";
import { type Visit, visit } from "./morning-people.ts";

/** What a person asks for: a new desktop, the same again, or another one instead of the one in `before`. */
export interface Wish {
  kind: "new" | "repeat" | "switch";
  username: string;
  workspace: string;
  before?: string;
}

/** Whose work is measured. */
export interface Subject {
  systems: FreshSystems;
  /** The CPU of its process so far, in milliseconds. */
  cpu: () => Promise<number>;
  /** Resolves when the desktop is ready. Nobody waits in a call meanwhile. */
  fulfil(wish: Wish): Promise<void>;
  /** The same for many who all wait for the end in a call, as the login page does. Returns what they got, if that is known. */
  fulfilAll(wishes: readonly Wish[]): Promise<Visit[]>;
}

const namespace = "guacamole";
/** The bench looks itself, past what is counted. */
const lookMilliseconds = 50;
const mostLooks = 2_000;

export function productSubject(fresh: FreshProduct): Subject {
  const core = fresh.kubeconfig.makeApiClient(CoreV1Api);
  const stateOf = async (operation: string) => {
    const { person = "", request = "" } = parseOperationId(operation) ?? {};
    const { data } = await core.readNamespacedConfigMap({ namespace, name: `desktop-request-${person}` });
    const outcomes = JSON.parse(data?.["outcomes"] ?? "{}") as Record<string, { state: string } | undefined>;
    return outcomes[request]?.state;
  };
  return {
    systems: fresh,
    cpu: () => cpuOf(fresh.process),
    async fulfil({ username, workspace }) {
      const answer = await fetch(`${fresh.api}/api/users/${username}/desktop`, {
        method: "PUT",
        headers: { authorization: `Bearer ${fresh.signService()}`, "content-type": "application/json" },
        body: JSON.stringify({ workspace }),
      });
      const { id = "", state = "" } = (await answer.json()) as { id?: string; state?: string };
      let end: string | undefined = answer.status === 200 ? state : undefined;
      if (answer.status >= 400) throw new Error(`ask for ${username}: ${answer.status}`);
      for (let looks = 0; end === undefined && looks < mostLooks; looks += 1) {
        await pause(lookMilliseconds);
        end = await stateOf(id);
      }
      if (end !== "done") throw new Error(`ask for ${username}: the operation ended as ${end ?? "nothing yet"}`);
    },
    fulfilAll(wishes) {
      const begun = performance.now();
      return Promise.all(
        wishes.map((wish) =>
          visit(
            { api: fresh.api, token: fresh.signService(), renew: fresh.signService },
            { ...wish, atMilliseconds: 0 },
            begun,
          ),
        ),
      );
    },
  };
}

/** Runs the floor on these systems as the database's owner, in a process of its own, uses it, and ends it. */
export async function onFloor(systems: FreshSystems, use: (floor: Subject) => Promise<void>): Promise<void> {
  const file = fileURLToPath(new URL("floor.ts", import.meta.url));
  const database = new URL(systems.databaseUrl);
  database.host = new URL(systems.roleUrl).host;
  const child = fork(file, [systems.counted.url, database.href], { execArgv: measurable });
  await once(child, "message"); // it serves
  const fulfil = (wish: Wish) =>
    new Promise<void>((resolve, reject) => {
      const hear = (message: object) => {
        if (!("done" in message) || message.done !== wish.username) return;
        child.off("message", hear).off("exit", fail);
        resolve();
      };
      const fail = () => {
        reject(new Error("the floor ended"));
      };
      child.on("message", hear).once("exit", fail);
      child.send(wish);
    });
  child.setMaxListeners(0);
  const objects = KubernetesObjectApi.makeApiClient(systems.kubeconfig);
  await objects.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  try {
    await use({
      systems,
      cpu: () => cpuOf(child),
      fulfil,
      async fulfilAll(wishes) {
        await Promise.all(wishes.map(fulfil));
        return [];
      },
    });
  } finally {
    if (child.exitCode === null) {
      const ended = once(child, "exit");
      child.kill();
      await ended;
    }
  }
}
