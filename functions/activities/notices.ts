import { randomUUID } from "node:crypto";
import { decideEntitlement } from "../../shared/desktop/entitlement.ts";
import { personId } from "../../shared/desktop/names.ts";
import { isRefusal, ProductError, type Refusal } from "../../shared/errors.ts";
import { type ClaimNames, decideNotice, mayConcern } from "../../shared/lifecycle/notices.ts";
import { type Narrowing, narrowClaims } from "../../shared/person/claims.ts";
import type { Notice } from "../../shared/person/notice.ts";
import { comeBack, leave } from "../../shared/person/presence.ts";
import type { PersonRecord } from "../../shared/person/record.ts";
import { isUnfinished } from "../../shared/person/left-to-do.ts";
import { outcomeOf } from "../../shared/person/outcomes.ts";
import { retireDesktops, retirePerson } from "../../shared/person/retirement.ts";
import { findDesktops, isAnythingLeft } from "../gather/desktops-of-person.ts";
import { claimNamesOf, standingOf } from "../gather/standing.ts";
import { type Services, sessionRules, today } from "../services.ts";
import { someAtATime } from "../some-at-a-time.ts";
import { followScalingOf } from "../work/follow-scaling.ts";
import { changeAndWake, changeRecord, ifThere, stamp } from "../work/person.ts";
import type { Implements, HubSurroundings } from "./activity.ts";

/** How many people are looked up at once: as many as the identity provider and the cluster bear beside everything else. */
const peopleAtOnce = 4;

/** Acts on the identity provider's notices. Each may run twice, late, and in any order. */
export function noticeActivities(services: Services): Implements<"findPeople" | "applyNotice" | "applyNoticeToMany"> {
  const { directory } = services;
  const claimNames = claimNamesOf(services);
  return {
    async findPeople({ subject, username, told }, { error, info }) {
      const everybody = async () => {
        const { records, damaged } = await services.records.all();
        for (const { fault } of damaged)
          error(`follow a notice: ${fault.message}; cannot tell whether it concerns them`);
        return records;
      };
      if (told.what === "everybody left") {
        const records = await everybody();
        return records.filter(({ request }) => request.workspace !== null).map(({ request }) => request.username);
      }
      if (told.what === "group deleted" || told.what === "gone") {
        // Keycloak names the group or role and not who has it: anybody with a desktop by such a claim may.
        const claim = claimNames[told.what === "gone" ? told.claim : "groups"];
        if (!directory && (told.what !== "gone" || told.values.length === 0)) {
          info(
            "groups or roles changed in Keycloak, and it did not say which; without KEYCLOAK_ADMIN_CLIENT nothing is done",
          );
          return [];
        }
        const records = await everybody();
        return records
          .filter(({ request }) => Object.hasOwn(request.claims, claim))
          .map(({ request }) => request.username);
      }
      const known = subject === undefined ? { records: [], damaged: [] } : await services.records.bySubject(subject);
      // Retried through an outage: the identity provider does not send it twice.
      if (known.records.length === 0 && known.damaged[0]) throw known.damaged[0].fault;
      for (const { fault } of known.damaged) error(`follow a notice: ${fault.message}`);
      if (known.records.length > 0) return known.records.map(({ request }) => request.username);
      // A logout token may name only the session.
      if (told.what === "left" && typeof told.which === "object" && subject === undefined) {
        const { session } = told.which;
        const records = await everybody();
        return records
          .filter(({ presence }) => presence?.sessions.includes(session))
          .map(({ request }) => request.username);
      }
      // A username counts only if its subject is not known yet.
      const named = username === undefined ? null : await services.records.read(personId(username));
      if (named) return named.request.subject === undefined ? [named.request.username] : [];
      // Somebody who logs in for the first time may have scaled a binding.
      return told.what === "back" && username !== undefined ? [username] : [];
    },

    applyNotice: ({ notice, username }, around) => applyNotice(services, claimNames, notice, username, around),

    async applyNoticeToMany({ notice, usernames }, around) {
      const tries = await someAtATime(peopleAtOnce, usernames, async (username) => {
        try {
          await applyNotice(services, claimNames, notice, username, around);
          return [];
        } catch (error) {
          around.error(`follow a notice for ${username}: ${(error as Error).message}`);
          // Anything else is not an outage but a bug, which another try does not cure.
          return error instanceof ProductError ? [{ username, reason: `[${error.code}] ${error.message}` }] : [];
        }
      });
      const failures = tries.flat();
      return { failed: failures.map(({ username }) => username), reason: failures[0]?.reason ?? "" };
    },
  };
}

async function applyNotice(
  services: Services,
  claimNames: ClaimNames,
  notice: Notice,
  username: string,
  around: HubSurroundings,
): Promise<null> {
  const record = await services.records.read(personId(username));
  if (!record) {
    if (notice.told.what === "back") await followLogin(services, username, notice, around);
    return null;
  }
  // Tried again for days, it may find somebody else with that username.
  if (!mayConcern(record, notice)) return null;
  const standing = await standingOf(services, record, notice, around.error);
  const decision = decideNotice(record, standing, notice, claimNames);
  const { at } = notice;
  switch (decision.do) {
    case "nothing":
      return null;
    case "come back":
      await changeRecord(
        services,
        username,
        ifThere((current) => comeBack(current, at)),
      );
      await followLogin(services, username, notice, around);
      return null;
    case "leave": {
      const { which, alive } = decision;
      await changeRecord(
        services,
        username,
        ifThere((current) => leave(current, { at, which, alive }, sessionRules(services))),
      );
      return null;
    }
    case "retire person":
      return retire(services, record, decision.reason, around);
    case "narrow claims":
      return retireWhatWasLost(services, record, decision.by, around);
  }
}

/** The login may have scaled the person's bindings. If they cannot be followed now, the timer does it. */
async function followLogin(
  services: Services,
  username: string,
  { subject }: Notice,
  { hub, info, error }: HubSurroundings,
): Promise<void> {
  try {
    await followScalingOf(services, username, { hub, log: info, warn: info, subject });
  } catch (failure) {
    error(`follow the scaling at the login of ${username}: ${(failure as Error).message} (the timer tries again)`);
  }
}

async function retire(
  services: Services,
  record: PersonRecord,
  reason: string,
  { hub, info }: HubSurroundings,
): Promise<null> {
  const { username, retire: wasAsked } = record.request;
  // Asked for and recorded as done is not yet removed. In doubt the retirement looks again.
  const isGone =
    wasAsked !== true || !outcomeOf(record) || !(await isAnythingLeft(services, username).catch(() => true));
  const now = stamp(services);
  const written = await changeAndWake(services, hub, username, (current) =>
    retirePerson(current, username, reason, now, { isGone }),
  );
  if (isUnfinished(written)) info(`${reason}: everything this person has is being removed`);
  return null;
}

/** Retires the desktops that the person may no longer have with their remaining claims. */
async function retireWhatWasLost(
  services: Services,
  record: PersonRecord,
  by: Narrowing,
  { hub, info }: HubSurroundings,
): Promise<null> {
  const { username, workspace: wanted } = record.request;
  const claims = narrowClaims(record.request.claims, by);
  const [known, desktops] = await Promise.all([services.workspaces.known(), findDesktops(services, username)]);
  const workspaces = new Set(desktops.map(({ workspace }) => workspace));
  if (wanted !== null) workspaces.add(wanted);

  const now = stamp(services);
  const retirements = [...workspaces].flatMap((workspace) => {
    const entitlement = decideEntitlement({ username, claims }, workspace, known, today(services));
    return isRefusal(entitlement)
      ? [{ id: randomUUID(), workspace, requestedAt: now.at, reason: entitlement.reason, why: whyLost(entitlement) }]
      : [];
  });
  const reason = retirements.map((retirement) => `${retirement.workspace}: ${retirement.reason}`).join("; ");
  const written = await changeAndWake(
    services,
    hub,
    username,
    ifThere((current) => {
      const left = narrowClaims(current.request.claims, by);
      const why = retirements.find((each) => each.workspace === current.request.workspace)?.why;
      return retireDesktops(current, username, { retirements, reason, why, claims: left }, now);
    }),
  );
  if (written && isUnfinished(written) && retirements.length > 0) info(`${username} lost their entitlement: ${reason}`);
  return null;
}

function whyLost({ refused: code, values }: Refusal) {
  return { kind: "entitlement", code, values } as const;
}
