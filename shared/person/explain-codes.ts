import type { ErrorCode } from "../errors.ts";
import { sentence } from "./explain.ts";

const again = "Try again in a few minutes.";
const operators = "Its operators have to put that right.";
const away = `Something that the service needs does not answer at the moment. ${again}`;
const ours = `Something went wrong in the service. ${again}`;
const misunderstood = "The service did not understand what was asked. Load the page again.";

/** What each code means for the desktop's person, in whole sentences. What is in the way may be named in the reason. */
const sentences: Readonly<Record<ErrorCode, string>> = {
  "malformed-address": misunderstood,
  "malformed-body": misunderstood,
  "malformed-username": "Your username has characters that the desktops cannot have.",
  "malformed-parameter": misunderstood,
  "not-authenticated": "You are not signed in any more. Sign in again.",
  "not-allowed": "You may not do that.",
  "not-found": "That is not there any more. Load the page again.",
  "method-not-allowed": misunderstood,
  "length-required": misunderstood,
  "body-too-large": misunderstood,
  "unsupported-media-type": misunderstood,
  "too-many-requests": "You asked many times in a short while. Wait a minute, then try again.",
  "unknown-user": "You have no access to any workspace.",
  "workspace-not-bound": "You have no access to this workspace.",
  "binding-expired": "Your access to this workspace has ended.",
  "workspace-expired": "This workspace has closed.",
  "workspace-not-yet-available": "This workspace is not open yet.",
  "workspace-missing": "This workspace cannot be found.",
  "invalid-policy": `This workspace is not set up correctly. ${operators}`,
  "name-too-long": "The workspace's name and your username are too long together.",
  "identity-changed":
    "Your username belonged to somebody else before. The service's operators have to look at that first.",
  "not-ours": "Something else has your desktop's name. The service's operators have to look at that first.",
  "cannot-start": "The desktop could not be started.",
  "isolation-open":
    "The desktops' network is not closed as it has to be, so no desktop is started. The service's operators have to put that right.",
  "not-ready-in-time": `The desktop took too long to start. ${again}`,
  "database-not-running": `The desktops' database does not run at the moment. ${again}`,
  "not-running": "Your desktop does not run any more.",
  "extension-not-allowed": "Your desktop cannot be kept any longer than it is already.",
  "being-retired": "Everything that you have here is being removed. Nothing can be started until that is done.",
  "already-running": `The same is being done already. ${again}`,
  "activation-paused": "No desktops are started for the time being.",
  "request-changed": "Another request took the place of this one.",
  "work-replaced": `It was interrupted. ${again}`,
  "too-many-writers": away,
  "cluster-unavailable": away,
  "cluster-untrusted": away,
  "cluster-not-authenticated": away,
  "cluster-not-allowed": away,
  "cluster-overloaded": `There is too much to do at the moment. ${again}`,
  "cluster-failed": away,
  "guacamole-unavailable": away,
  "identity-unavailable": away,
  "durable-unavailable": away,
  "step-failed": ours,
  "damaged-record":
    "What the service noted about you cannot be read. The service's operators have to look at that first.",
  internal: ours,
};

/** What kept a container from starting, by what the reason begins with or has in it. */
const causes: readonly (readonly [RegExp, string])[] = [
  [
    /\b(?:ErrImagePull|ImagePullBackOff|InvalidImageName|ErrImageNeverPull|ImageInspectError)\b/,
    "The software of this desktop could not be loaded. The service's operators have to look at that.",
  ],
  [/^no node accepted the pod/, "There was no room for another desktop. Try again later."],
  [/\bexceeded quota\b/, "There was no room for another desktop. Try again later."],
  [
    /\bcrashed \d+ times\b|\bcannot be run\b/,
    "The desktop stopped again right after its start. The service's operators have to look at that.",
  ],
];

const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });

/** How the codes of entitlement say a date, as `decideEntitlement` gives it in the reason. */
const dated: Partial<Record<ErrorCode, (date: string) => string>> = {
  "binding-expired": (date) => `Your access to this workspace ended after ${date}.`,
  "workspace-expired": (date) => `This workspace closed after ${date}.`,
  "workspace-not-yet-available": (date) => `This workspace opens on ${date}.`,
};

/** What an administrator says while nothing is started, as `describePause` gives it. */
const pauseReason = /: paused by \S+ since \S+: (.+)$/;

/** A refusal or failure in a sentence for the desktop's person. */
export function explainCode(code: ErrorCode, reason: string): string {
  const [, date] = / (?:after|on) (\d{4}-\d\d-\d\d)(?: \(|$)/.exec(reason) ?? [];
  const withDate = date === undefined ? undefined : dated[code]?.(day.format(new Date(date)));
  const cause = code === "cannot-start" ? causes.find(([pattern]) => pattern.test(reason))?.[1] : undefined;
  const [, paused] = (code === "activation-paused" && pauseReason.exec(reason)) || [];
  return withDate ?? cause ?? (paused === undefined ? sentences[code] : `${sentences[code]} ${sentence(paused)}`);
}
