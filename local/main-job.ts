import { activationSteps } from "../orchestrations/activation.ts";
import { rowsFor, startedNow } from "../orchestrations/versions.ts";
import { sampleActivation } from "./sample-estate.ts";

/** The API's address, and access to it. */
export interface Api {
  url: string;
  /** A fresh access token of the sample person. */
  token: () => Promise<string>;
}

/** An operation as the API returns it. */
export interface ToldOperation {
  id: string;
  state: "pending" | "running" | "done" | "failed" | "superseded";
  progress?: { step: string; number: number; of: number; message?: string; undoing?: { failedStep: string } };
  /** While the start waits for its turn. */
  admission?: { place: number; of: number; expectedFromSeconds?: number; expectedToSeconds?: number };
  usuallyReadyWithinSeconds?: number;
  halfReadyWithinSeconds?: number;
  /** Stands for what the answer shows. */
  seen?: string;
  /** Why a goal does not hold yet. */
  trouble?: { tries: number; code: string; reason: string; step: string; nextTry: string };
  url?: string;
  code?: string;
  reason?: string;
  step?: string;
  undone?: string[];
  leftBehind?: string[];
}

/** A step that has begun, or what it is waiting for. */
export interface Beat {
  step: string;
  number: number;
  of: number;
  message?: string | undefined;
}

/** Longer than any desktop may take to start. */
const patienceMilliseconds = 10 * 60_000;
const lookMilliseconds = 50;

/** What somebody has already, as the API tells it. */
export interface ToldDesktop {
  workspace: string | null;
  wanted: string | null;
  state: string;
  reason: string;
  url?: string;
}

/**
 * What the sample person has, or wishes for, since an earlier start; null if that is nothing. Asking for the sample desktop
 * would switch them away from it.
 */
export async function findWish(api: Api, signal: AbortSignal): Promise<ToldDesktop | null> {
  const found = await ask<ToldDesktop>(api, signal, `/api/users/${sampleActivation.username}/desktop`);
  return found.workspace === null && found.wanted === null ? null : found;
}

/** Activates the sample person's desktop through the public API, and reports every step as it happens. */
export async function doMainJob(api: Api, tell: (beat: Beat) => void, signal: AbortSignal): Promise<ToldOperation> {
  const { username, workspace } = sampleActivation;
  let operation = await ask<ToldOperation>(api, signal, `/api/users/${username}/desktop`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ workspace }),
  });

  // Rows with a condition have nothing to do for somebody who has nothing yet.
  const steps = rowsFor(startedNow, activationSteps).filter(({ when }) => !when);
  let told = 0;
  let message: string | undefined;
  const until = Date.now() + patienceMilliseconds;
  while (operation.state === "pending" || operation.state === "running") {
    if (Date.now() > until)
      throw new Error(`wait for the desktop: still ${operation.state} after 10 minutes (check the log)`);
    const { progress } = operation;
    if (progress && !progress.undoing) {
      // A step can be shorter than the polling interval: report those that passed in between too.
      for (const [index, { name }] of steps.entries())
        if (index + 1 > told && index + 1 < progress.number) tell({ step: name, number: index + 1, of: progress.of });
      if (progress.number > told || progress.message !== message) tell(progress);
      told = Math.max(told, progress.number);
      message = progress.message;
    }
    await new Promise((resolve) => setTimeout(resolve, lookMilliseconds));
    operation = await ask<ToldOperation>(api, signal, `/api/operations/${operation.id}`);
  }
  if (operation.state === "done" && told > 0)
    for (const [index, { name }] of steps.entries())
      if (index + 1 > told) tell({ step: name, number: index + 1, of: steps.length });
  return operation;
}

async function ask<Body>(api: Api, signal: AbortSignal, path: string, init: RequestInit = {}): Promise<Body> {
  const headers = {
    ...(init.headers as Record<string, string> | undefined),
    authorization: `Bearer ${await api.token()}`,
  };
  const response = await fetch(api.url + path, { ...init, headers, signal });
  const body = (await response.json()) as { detail?: string; code?: string };
  if (!response.ok)
    throw new Error(`${init.method ?? "GET"} ${path}: ${response.status} ${body.code ?? ""} ${body.detail ?? ""}`);
  return body as Body;
}
