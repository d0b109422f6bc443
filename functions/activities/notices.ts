import { randomUUID } from "node:crypto";
import type { Claims } from "../../shared/desktop/entitlement.ts";
import { decideEntitlement } from "../../shared/desktop/entitlement.ts";
import { personId } from "../../shared/desktop/names.ts";
import {
  lastSeen,
  leave,
  loggedIn,
  type Notice,
  type Standing,
  stillHeld,
  withoutLost,
  withRemovals,
} from "../../shared/person/notice.ts";
import { isUnfinished, nextRequest } from "../../shared/person/operation.ts";
import type { Presence, PersonRecord } from "../../shared/person/record.ts";
import { isRefusal } from "../../shared/errors.ts";
import { newRequest } from "../work/ask.ts";
import { findDesktops } from "../gather/desktops-of-person.ts";
import { type Services, today } from "../services.ts";
import type { Implements, Surroundings } from "./activity.ts";

/** What the identity provider tells us, in deeds. Each may run twice, late, and in any order with others. */
export function noticeActivities(services: Services): Implements<"findPeople" | "applyNotice"> {
  const { settings } = services;
  return {
    async findPeople({ subject, username, told }, { error }) {
      const everybody = async () => {
        const { records, damaged } = await services.records.all();
        for (const { fault } of damaged)
          error(`follow a notice: ${fault.message}; whether it concerns them is not known`);
        return records;
      };
      if (told.what === "group deleted") {
        // Keycloak tells of the group and not of its members: whoever has a desktop by a claim may be one.
        const records = await everybody();
        return records
          .filter(({ request }) => Object.hasOwn(request.claims, settings.KEYCLOAK_GROUPS_CLAIM))
          .map(({ request }) => request.username);
      }
      const known = subject === undefined ? { records: [], damaged: [] } : await services.records.bySubject(subject);
      // Tried again for as long as an outage: the identity provider does not say it twice.
      if (known.records.length === 0 && known.damaged[0]) throw known.damaged[0].fault;
      for (const { fault } of known.damaged) error(`follow a notice: ${fault.message}`);
      if (known.records.length > 0) return known.records.map(({ request }) => request.username);
      // A logout token may name nobody but the session.
      if (told.what === "left" && typeof told.which === "object" && subject === undefined) {
        const { session } = told.which;
        const records = await everybody();
        return records
          .filter(({ presence }) => presence?.sessions.includes(session))
          .map(({ request }) => request.username);
      }
      // A username counts only where nobody said yet whose it is.
      const named = username === undefined ? null : await services.records.read(personId(username));
      return named && named.request.subject === undefined ? [named.request.username] : [];
    },

    async applyNotice({ notice, username }, around) {
      const record = await services.records.read(personId(username));
      if (!record) return null;
      const now = await standing(services, record, notice, around);
      const { told, at } = notice;
      if (now === null) return retire(services, record, "is unknown to the identity provider now", around);
      if (now && !now.enabled) return retire(services, record, "was disabled at the identity provider", around);
      switch (told.what) {
        case "back":
          return keepPresence(services, record, (current) => loggedIn(current, at));
        case "left":
          return keepPresence(services, record, (current) =>
            leave(current, { ...notice, told }, settings.LEAVE_GRACE_MINUTES, now?.sessions),
          );
        case "deleted":
          return now ? null : retire(services, record, "was deleted at the identity provider", around);
        case "disabled":
          return now || at < lastSeen(record)
            ? null
            : retire(services, record, "was disabled at the identity provider", around);
        case "lost": {
          const claim = told.claim === "groups" ? settings.KEYCLOAK_GROUPS_CLAIM : settings.KEYCLOAK_ROLES_CLAIM;
          const narrow = (claims: Claims) => withoutLost(claims, claim, told.values);
          // Claims that were proven after it happened know of it.
          if (!now && at < record.request.requestedAt) return null;
          return review(services, record, now ? narrowTo(services, now) : narrow, around);
        }
        case "changed":
        case "group deleted":
          return now ? review(services, record, narrowTo(services, now), around) : null;
      }
    },
  };
}

/**
 * What the identity provider says of the person now: null, that there is none; undefined, that it cannot be asked, or that
 * it does not matter. An outage of it must not keep a leaver's access alive, so then the event's word counts.
 */
async function standing(
  { directory }: Services,
  { request }: PersonRecord,
  { subject, told }: Notice,
  around: Surroundings,
): Promise<Standing | null | undefined> {
  const whom = request.subject ?? subject;
  if (!directory || whom === undefined || told.what === "back") return undefined;
  try {
    return await directory.look(whom);
  } catch (error) {
    around.error(`${(error as Error).message}; going by the event alone`);
    return undefined;
  }
}

function narrowTo({ settings }: Services, now: Standing): (claims: Claims) => Claims {
  const names = { groups: settings.KEYCLOAK_GROUPS_CLAIM, roles: settings.KEYCLOAK_ROLES_CLAIM };
  return (claims) => stillHeld(claims, names, now);
}

async function keepPresence(
  { records }: Services,
  { request }: PersonRecord,
  next: (current: PersonRecord) => Presence | undefined,
): Promise<null> {
  await records.update(personId(request.username), (current) => {
    const presence = current ? next(current) : undefined;
    return !current || presence === current.presence ? null : { ...current, presence };
  });
  return null;
}

async function retire(
  services: Services,
  { request }: PersonRecord,
  why: string,
  { wake, info }: Surroundings,
): Promise<null> {
  const { username, subject, claims } = request;
  const reason = `${username} ${why}`;
  const wanted = newRequest(services, { username, workspace: null, retire: true, subject, claims, reason });
  // One that has ended with nothing since is enough; one that goes on is not started again.
  const record = await services.records.update(personId(username), (current) =>
    nextRequest(current, wanted, ({ retire: retired }) => retired === true),
  );
  if (record && isUnfinished(record)) {
    info(`${reason}: everything is removed`);
    await wake(username);
  }
  return null;
}

/** Removes the desktops that the person may not have with what is left of their claims. */
async function review(
  services: Services,
  record: PersonRecord,
  narrow: (claims: Claims) => Claims,
  { wake, info }: Surroundings,
): Promise<null> {
  const { username, subject, workspace: wanted } = record.request;
  const claims = narrow(record.request.claims);
  const [known, desktops] = await Promise.all([services.workspaces.known(), findDesktops(services, username)]);
  const workspaces = new Set(desktops.map(({ workspace }) => workspace));
  if (wanted !== null) workspaces.add(wanted);

  const requestedAt = services.now().toISOString();
  const removals = [...workspaces].flatMap((workspace) => {
    const entitlement = decideEntitlement({ username, claims }, workspace, known, today(services));
    return isRefusal(entitlement) ? [{ id: randomUUID(), workspace, requestedAt, reason: entitlement.reason }] : [];
  });
  const reason = removals.map((removal) => `${removal.workspace}: ${removal.reason}`).join("; ");
  const none = newRequest(services, { username, workspace: null, subject, claims, reason });
  const written = await services.records.update(
    personId(username),
    (current) => current && withRemovals(current, narrow(current.request.claims), removals, none),
  );
  if (written && isUnfinished(written)) {
    if (removals.length > 0) info(`${username} lost their entitlement: ${reason}`);
    await wake(username);
  }
  return null;
}
