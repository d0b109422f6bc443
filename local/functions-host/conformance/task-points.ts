import type { Points, Session } from "./session.ts";

const runs =
  (name: string, input: unknown = {}) =>
  (session: Session) =>
    session.run(name, input);

async function allFail(session: Session) {
  const instanceId = session.newId();
  await session.start("allFail", { instanceId, input: { gate: instanceId } });
  await session.ask("fixture.reached", instanceId);
  // Enough time for a compensation that does not wait for the sibling.
  for (let round = 0; round < 20; round += 1) await session.host.pause();
  await session.ask("fixture.open", instanceId);
  const end = await session.end(instanceId);
  return { instanceId, end };
}

async function retry(session: Session, succeedsAt: number) {
  const key = session.newId();
  return { key, end: await session.run("retry", { key, succeedsAt }) };
}

/** Points about activities, timers, retries, sub-orchestrations, input and output. */
export const taskPoints: Points = {
  seq: runs("seq"),
  hello: runs("hello"),
  failMsg: runs("failMsg"),
  throws: runs("throws"),
  throwsAfter: runs("throwsAfter"),
  unknownActivity: runs("unknownActivity"),
  unknownSub: runs("unknownSub"),
  undef: runs("undef"),
  noReturn: runs("noReturn"),
  types: runs("types"),
  big: runs("big"),
  any: runs("any"),
  times: runs("times"),
  timerLeft: runs("timerLeft"),
  timerCancelled: runs("timerCancelled"),
  timer3: runs("timer3"),
  allFail: async (session) => (await allFail(session)).end,
  async "allFail comp after sibling"(session) {
    const { instanceId } = await allFail(session);
    const answer = await session.ask("fixture.ran");
    const ran = "value" in answer ? (answer.value as string[]) : [];
    const [sibling, compensation] = [ran.indexOf(instanceId), ran.indexOf(`${instanceId} compensated`)];
    return sibling >= 0 && compensation > sibling;
  },
  "retry succeeds at 2": async (session) => (await retry(session, 2)).end,
  "retry gives up": async (session) => (await retry(session, 99)).end,
  async attempts(session) {
    const { key } = await retry(session, 99);
    const answer = await session.ask("fixture.attempts", key);
    return "value" in answer ? answer.value : answer;
  },
  "sub ok explicit id": (session) => session.run("parent", { childId: session.named("child-"), fails: false }),
  "sub default id": runs("parent", { fails: false }),
  "sub fails": runs("parent", { fails: true }),
  "input string": runs("input", "text"),
  "input number": runs("input", 5),
  "input bool": runs("input", true),
  "input null": runs("input", null),
  "input array": runs("input", [1]),
  "input Timestamp key": runs("input", { Timestamp: "x", timestamp: "x" }),
  "input absent": (session) => session.run("input", undefined),
};
