import type { ApiException, KubernetesObject } from "@kubernetes/client-node";
import { circuitOf } from "../circuit.ts";
import { turnsOf } from "../turns.ts";
import type { Advice } from "./advice.ts";
import { faultOf, isUnreachable, notAnswering, tooMuchToDo } from "./cluster-faults.ts";
import { retriedRead } from "./retried-read.ts";

type Named = Pick<KubernetesObject, "kind"> & { metadata?: { name?: string; namespace?: string } };

const reads: ReadonlySet<string> = new Set(["read", "list"]);

/** As many requests as the API server's smallest priority level serves a client at once without queueing. */
const callsAtOnce = 32;
/** How long a call waits for its turn. Its own time limit begins with its turn. */
const turnMilliseconds = 20_000;

/**
 * Makes calls: some at a time, and none while the API server does not answer. Reads a second time if that may help, and
 * translates failures; `already` maps status codes that are as good as success.
 */
export function callsTo(advice: Advice) {
  const turns = turnsOf(callsAtOnce, turnMilliseconds, tooMuchToDo);
  const circuit = circuitOf(isUnreachable, notAnswering);
  return async <T, Otherwise = never>(
    verb: string,
    { kind = "object", metadata }: Named,
    request: () => Promise<T>,
    already: Readonly<Record<number, Otherwise>> = {},
  ): Promise<T | Otherwise> => {
    const call = async () => {
      try {
        return await (reads.has(verb) ? retriedRead(request) : request());
      } catch (error) {
        const fault = faultOf(`${verb} ${kind} ${metadata?.name ?? ""}`.trim(), error, advice, already);
        if (fault) throw fault;
        return already[(error as ApiException<unknown>).code] as Otherwise;
      }
    };
    return turns.take(() => circuit.run(call));
  };
}
