// The fixture app of the conformance points: orchestrations, activities, and one HTTP function that passes calls to the
// durable client. It depends on the two libraries only, so that any Functions host can load it.
import { app } from "@azure/functions";
import type { HttpRequest, InvocationContext } from "@azure/functions";
import * as df from "durable-functions";
import { registerEventOrchestrations } from "./event-orchestrations.ts";
import { registerTaskOrchestrations } from "./task-orchestrations.ts";

/** The activities' effects, in order. */
const ran: string[] = [];
const attempts = new Map<string, number>();
const gates = new Map<string, Gate>();

interface Gate {
  open(): void;
  opened: Promise<void>;
  reach(): void;
  reached: Promise<void>;
}

function gateOf(name: string): Gate {
  const existing = gates.get(name);
  if (existing) return existing;
  const opening = Promise.withResolvers<undefined>();
  const reaching = Promise.withResolvers<undefined>();
  const gate: Gate = {
    open: () => {
      opening.resolve(undefined);
    },
    opened: opening.promise,
    reach: () => {
      reaching.resolve(undefined);
    },
    reached: reaching.promise,
  };
  gates.set(name, gate);
  return gate;
}

/** One call of the fixture's HTTP function: a method of the durable client, or a query of the fixture. */
export interface FixtureCall {
  call: string;
  args: unknown[];
}

type Method = (...args: unknown[]) => unknown;

async function answer({ call, args }: FixtureCall, context: InvocationContext): Promise<unknown> {
  const [name] = args as [string];
  switch (call) {
    case "fixture.open":
      gateOf(name).open();
      return null;
    case "fixture.reached":
      await gateOf(name).reached;
      return null;
    case "fixture.ran":
      return ran;
    case "fixture.attempts":
      return attempts.get(name) ?? 0;
    case "fixture.clientFields":
      return Object.keys(JSON.parse(JSON.stringify(df.getClient(context))) as object);
    default: {
      const client = df.getClient(context) as unknown as Record<string, Method>;
      return (await client[call]?.(...args)) ?? null;
    }
  }
}

/** Registers the fixture. The host must give orchestrations the version `1.0` (host.json, `defaultVersion`). */
export function registerConformanceApp(): void {
  app.http("conformance", {
    methods: ["POST"],
    authLevel: "anonymous",
    extraInputs: [df.input.durableClient()],
    handler: async (request: HttpRequest, context: InvocationContext) => {
      try {
        return { jsonBody: { value: await answer((await request.json()) as FixtureCall, context) } };
      } catch (error) {
        return { jsonBody: { error: (error as Error).message } };
      }
    },
  });

  df.app.activity("echo", { handler: (input: unknown) => input });
  df.app.activity("nothing", { handler: () => undefined });
  df.app.activity("kind", { handler: (input: unknown) => ({ type: typeof input, value: input }) });
  df.app.activity("makeBig", { handler: () => "x".repeat(200_000) });
  df.app.activity("fail", {
    handler: (input: { msg: string }) => {
      throw new Error(input.msg);
    },
  });
  df.app.activity("flaky", {
    handler: (input: { key: string; succeedsAt: number }) => {
      const attempt = (attempts.get(input.key) ?? 0) + 1;
      attempts.set(input.key, attempt);
      if (attempt < input.succeedsAt) throw new Error(`try ${attempt}`);
      return { ok: attempt };
    },
  });
  df.app.activity("note", {
    handler: (input: { name: string }) => {
      ran.push(input.name);
      return input.name;
    },
  });
  df.app.activity("hold", {
    handler: async (input: { gate: string }) => {
      const gate = gateOf(input.gate);
      gate.reach();
      await gate.opened;
      ran.push(input.gate);
    },
  });
  registerTaskOrchestrations();
  registerEventOrchestrations();
}
