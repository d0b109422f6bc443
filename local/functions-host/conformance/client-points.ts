import type { Points, Session } from "./session.ts";

const waiting = async (session: Session, id = session.newId()): Promise<string> => {
  await session.start("waits", { instanceId: id, input: {} });
  await session.untilStatus(id, "Running");
  return id;
};

const finished = async (session: Session): Promise<string> => {
  const instanceId = session.newId();
  await session.start("hello", { instanceId, input: {} });
  await session.end(instanceId);
  return instanceId;
};

const terminated = async (session: Session): Promise<string> => {
  const id = await waiting(session);
  await session.terminate(id, "because");
  await session.end(id);
  return id;
};

const purged = async (session: Session): Promise<string> => {
  const id = await finished(session);
  await session.purge(id);
  return id;
};

const failed = async (session: Session): Promise<string> => {
  const instanceId = session.newId();
  await session.start("throws", { instanceId, input: {} });
  await session.end(instanceId);
  return instanceId;
};

/** Starts while the host begins no instances, so that they are still Pending. */
async function whilePending<T>({ host }: Session, starts: () => Promise<T>): Promise<T> {
  const release = host.holdTurns?.();
  try {
    return await starts();
  } finally {
    release?.();
  }
}

const startsAs = (instanceId: string) => (session: Session) => session.start("hello", { instanceId, input: {} });

/** Points about ids, starts and the client's results. */
export const clientPoints: Points = {
  "start running again": (session) =>
    whilePending(session, async () => {
      const instanceId = session.newId();
      await session.start("waits", { instanceId, input: {} });
      return session.start("waits", { instanceId, input: {} });
    }),
  "start running again (Running)": async (session) =>
    session.start("waits", { instanceId: await waiting(session), input: {} }),
  async "status fields"(session) {
    const answer = await session.ask("getStatus", await waiting(session));
    return "value" in answer ? Object.keys(answer.value as object).sort() : answer;
  },
  "raise to finished": async (session) => session.raise(await finished(session), "go", {}),
  "restart id": async (session) => session.start("waits", { instanceId: await finished(session), input: {} }),
  "restart status": async (session) => session.status(await waiting(session, await finished(session))),
  terminated: async (session) => session.status(await terminated(session)),
  "terminate again": async (session) => session.terminate(await terminated(session), "again"),
  "restart after terminate": async (session) =>
    session.start("hello", { instanceId: await terminated(session), input: { third: 1 } }),
  async after(session) {
    const instanceId = await terminated(session);
    await session.start("hello", { instanceId, input: { third: 1 } });
    return session.end(instanceId);
  },
  purge: async (session) => session.purge(await finished(session)),
  "status after purge": async (session) => session.status(await purged(session)),
  "purge again": async (session) => session.purge(await purged(session)),
  "raise to unknown": (session) => session.raise(session.named("nonesuch"), "go", {}),
  "terminate unknown": (session) => session.terminate(session.named("nonesuch"), "because"),
  "status unknown": (session) => session.status(session.named("nonesuch")),
  "start unknown fn": (session) => session.start("noSuchOrchestrator", { instanceId: session.newId(), input: {} }),
  "id @x": startsAs("@x"),
  "id a#b": startsAs("a#b"),
  "id a?b": (session) =>
    whilePending(session, async () => {
      await startsAs("a#b")(session);
      return startsAs("a?b")(session);
    }),
  "id a/b": startsAs("a/b"),
  "id xxxxxx": startsAs("x".repeat(300)),
  "id a b": startsAs("a b"),
  "id é": startsAs("é"),
  "purge running": async (session) => session.purge(await waiting(session)),
  async "  status"(session) {
    const id = await waiting(session);
    await session.purge(id);
    return session.status(id);
  },
  "10 starts at once": (session) =>
    whilePending(session, async () => {
      const instanceId = session.newId();
      session.host.raceStarts?.(4);
      const starts = Array.from({ length: 10 }, () => session.start("waits", { instanceId, input: {} }));
      const answers = await Promise.all(starts);
      const errors = answers.flatMap((answer) => ("error" in answer ? [answer.error] : []));
      return [`${answers.length - errors.length} accepted`, [...new Set(errors)]];
    }),
  async "list running"(session) {
    const id = await waiting(session);
    const answer = await session.ask("getStatusBy", { runtimeStatus: ["Running"] });
    return "value" in answer
      ? (answer.value as { instanceId: string }[]).some((each) => each.instanceId === id)
      : answer;
  },
  rewind: async (session) => session.rewind(await failed(session), "again"),
  async "  after rewind"(session) {
    const id = await failed(session);
    await session.rewind(id, "again");
    await session.host.settle(id, () => session.status(id));
    return session.status(id);
  },
  async client(session) {
    const answer = await session.ask("fixture.clientFields");
    return "value" in answer ? answer.value : answer;
  },
};
