import { randomUUID } from "node:crypto";
import { CoreV1Api } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Connection } from "../contract.ts";
import { type Answer, askerIn } from "./recorded/answer.ts";
import { recording } from "./recorded/answers.ts";
import type { Call } from "./recorded/call.ts";
import { calls } from "./recorded/calls.ts";
import { type Deviation, deviations } from "./recorded/deviations.ts";

/** Objects of each kind, for a test with another client. */
export { binding, configMap, deployment, networkPolicy, service } from "./recorded/objects.ts";
/** Calls a server without a client library, which would not send every object. */
export { send } from "./recorded/answer.ts";

/**
 * Every answer equals the recorded one, field by field. A real server of the recorded version has no deviations; the
 * stand-in's are listed.
 */
export function describeRecordedAnswers(
  of: "a real server" | "the stand-in",
  connect: () => Promise<Connection>,
): void {
  describe(`${of} answers as ${recording.origin.server} did`, () => {
    let connection: Connection | undefined;
    let ask: (call: Call) => Promise<Answer>;
    const name = `recorded-${randomUUID().slice(0, 8)}`;

    beforeAll(async () => {
      connection = await connect();
      await connection.config.makeApiClient(CoreV1Api).createNamespace({ body: { metadata: { name } } });
      ask = askerIn(connection.config, name);
    });
    afterAll(() => connection?.close());

    it.each(calls.map((call) => [call.name, call] as const))("%s", async (_, call) => {
      const recorded = recording.answers[call.name];
      if (recorded === undefined) throw new Error("it is not recorded (npm run record:cluster)");
      const answer = await ask(call);
      const deviation = of === "the stand-in" ? deviations[call.name] : undefined;
      if (deviation === undefined) expect(answer).toEqual(recorded);
      else expectDeviation(answer, recorded, deviation);
    });
  });

  it("each recorded answer and each deviation belongs to one call", () => {
    const names = calls.map(({ name }) => name).sort();
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
    expect(Object.keys(deviations).filter((name) => !names.includes(name))).toEqual([]);
    expect(Object.keys(recording.answers).sort()).toEqual(names);
  });
}

/** A deviation that no longer exists must be removed from the list. */
function expectDeviation(answer: Answer, recorded: Answer, { same }: Deviation): void {
  expect(answer).not.toEqual(recorded);
  if (same === "status") expect(answer.status).toBe(recorded.status);
}
