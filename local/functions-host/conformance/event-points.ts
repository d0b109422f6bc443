import type { Points, Session } from "./session.ts";

/** Starts an instance of `name` and lets it begin to wait. */
async function waiting(session: Session, name = "waits"): Promise<string> {
  const instanceId = session.newId();
  await session.start(name, { instanceId, input: {} });
  await session.untilStatus(instanceId, "Running");
  return instanceId;
}

async function suspended(session: Session): Promise<string> {
  const id = await waiting(session);
  await session.suspend(id, "r");
  await session.untilStatus(id, "Suspended");
  return id;
}

/** Starts an instance of `name` and waits until it is in its activity `hold`. */
async function held(session: Session, name: string): Promise<string> {
  const instanceId = session.newId();
  await session.start(name, { instanceId, input: { gate: instanceId } });
  await session.ask("fixture.reached", instanceId);
  return instanceId;
}

async function raiseTypes(session: Session) {
  const id = await waiting(session, "eventTypes");
  const raised = [];
  for (const value of ["text", 5, true, null, [1]]) raised.push(await session.raise(id, "go", value));
  return { id, raised };
}

async function raiseAtOnce(session: Session) {
  const instanceId = session.newId();
  await session.start("waits", { instanceId, input: {} });
  return { instanceId, raised: await session.raise(instanceId, "go", {}) };
}

async function terminatedInActivity(session: Session): Promise<string> {
  const id = await held(session, "twoSteps");
  await session.terminate(id, "because");
  await session.untilStatus(id, "Terminated");
  return id;
}

async function restartedInActivity(session: Session) {
  const id = await terminatedInActivity(session);
  const restarted = await session.start("hello", { instanceId: id, input: { again: 1 } });
  await session.ask("fixture.open", id);
  return { id, restarted };
}

/** Points about events, suspension, termination during an activity, continueAsNew and custom status. */
export const eventPoints: Points = {
  async "case mismatch"(session) {
    const id = await waiting(session);
    await session.raise(id, "GO", {});
    await session.host.settle(id, () => session.status(id));
    return session.status(id);
  },
  async event(session) {
    const id = await waiting(session);
    await session.raise(id, "go", { n: 1 });
    return session.end(id);
  },
  async "events before wait FIFO"(session) {
    const id = await held(session, "waitsLate");
    await session.raise(id, "go", { n: 1 });
    await session.raise(id, "go", { n: 2 });
    await session.ask("fixture.open", id);
    return session.end(id);
  },
  "raise immediately after start": async (session) => (await raiseAtOnce(session)).raised,
  "  end": async (session) => session.end((await raiseAtOnce(session)).instanceId),
  async "two waiters"(session) {
    const id = await waiting(session, "twoWaiters");
    await session.raise(id, "go", { n: 1 });
    await session.raise(id, "go", { n: 2 });
    return session.end(id);
  },
  async "continueAsNew with events"(session) {
    const id = await held(session, "againWithEvents");
    await session.raise(id, "go", { n: 1 });
    await session.raise(id, "go", { n: 2 });
    // Both are unread in the history before the turn that continues as new.
    for (let round = 0; round < 20; round += 1) await session.host.pause();
    await session.ask("fixture.open", id);
    return session.end(id);
  },
  "continueAsNew stale timer": (session) => session.run("againWithTimer", { turn: 1 }),
  "event types raise": async (session) => (await raiseTypes(session)).raised,
  "event types": async (session) => session.end((await raiseTypes(session)).id),
  "raise without data": async (session) => session.raise(await waiting(session), "go"),
  async "terminate during activity"(session) {
    const id = await terminatedInActivity(session);
    const status = await session.status(id);
    await session.ask("fixture.open", id);
    return status;
  },
  "restart at once": async (session) => (await restartedInActivity(session)).restarted,
  async "  later"(session) {
    return session.end((await restartedInActivity(session)).id);
  },
  async "  after-s1 ran"(session) {
    const { id } = await restartedInActivity(session);
    await session.end(id);
    const answer = await session.ask("fixture.ran");
    return "value" in answer ? (answer.value as string[]).includes(`after ${id}`) : answer;
  },
  async "custom while running"(session) {
    const id = await waiting(session, "reports");
    await session.host.settle(id, () => session.status(id));
    return session.status(id);
  },
  async "custom after"(session) {
    const id = await waiting(session, "reports");
    await session.raise(id, "go", {});
    return session.end(id);
  },
  suspend: async (session) => session.suspend(await waiting(session), "r"),
  "suspended status": async (session) => session.status(await suspended(session)),
  "start on suspended": async (session) => session.start("waits", { instanceId: await suspended(session), input: {} }),
  async "raised while suspended"(session) {
    const id = await suspended(session);
    await session.raise(id, "go", { n: 1 });
    await session.host.settle(id, () => session.status(id));
    return session.status(id);
  },
  async resumed(session) {
    const id = await suspended(session);
    await session.raise(id, "go", { n: 1 });
    await session.resume(id, "r");
    return session.end(id);
  },
};
