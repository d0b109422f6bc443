import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { type Api, ApiError, Unreachable } from "../api/client.ts";
import { SignedOut } from "../sign-in.ts";
import type { ShapeOf } from "../api/shape.ts";
import { atTime } from "../pages/times.ts";
import type { Follower } from "./follow.ts";
import { consoleTexts as texts } from "./texts.ts";

export interface Operator {
  api: Api;
  leave: () => void;
  /** Follows what was asked for, in whatever view they are. */
  follower: Follower;
}

export interface Asked<Body> {
  body: Signal<Body | null>;
  /** True while what is shown answers another question than the one that is asked now. */
  isOfBefore: boolean;
  /** Why what is shown may be old; null if it is not. */
  trouble: Signal<string | null>;
  /** True after an answer that there is no such thing. */
  isMissing: Signal<boolean>;
  /** True after an answer that the question is none. */
  isMalformed: Signal<boolean>;
  isAsking: Signal<boolean>;
  again: () => void;
}

const usualMilliseconds = 10_000;

/** Says what went wrong, for people. Ends the session's page if the session has ended. */
export function tellFailure(error: unknown, { leave }: Pick<Operator, "leave">): string {
  if (error instanceof SignedOut || (error instanceof ApiError && error.status === 401)) {
    leave();
    return "";
  }
  if (error instanceof ApiError && error.problem.underWay) {
    const { startedAt, by, reason } = error.problem.underWay;
    return texts.underWay.told(atTime(startedAt, new Date()), by, reason);
  }
  if (error instanceof ApiError || error instanceof Unreachable) return error.message;
  throw error;
}

/**
 * Asks for this path, and again every ten seconds while somebody looks, and when what they asked for has ended. What is shown stays until there is something newer.
 *
 * @param shape what the answer has to look like
 * @param every null: only once, since it costs much
 * @param also an answer with this status has a body of its own, too
 * @param isLast true for an answer after which nothing changes any more
 */
export function useAsked<Body>(
  operator: Operator,
  path: string,
  shape: ShapeOf<Body>,
  every: number | null = usualMilliseconds,
  isLast: (body: Body) => boolean = () => false,
  also?: number,
): Asked<Body> {
  const body = useSignal<Body | null>(null);
  const answered = useSignal<string | null>(null);
  const trouble = useSignal<string | null>(null);
  const isMissing = useSignal(false);
  const isMalformed = useSignal(false);
  const isAsking = useSignal(true);
  const asked = useSignal(0);
  useEffect(() => {
    const ends = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async () => {
      isAsking.value = true;
      try {
        const reply = await operator.api.call("GET", path, shape, {
          signal: ends.signal,
          ...(also !== undefined && { also }),
        });
        if (ends.signal.aborted) return;
        body.value = reply.body;
        answered.value = path;
        trouble.value = null;
        isMissing.value = false;
        isMalformed.value = false;
        isAsking.value = false;
        if (isLast(reply.body)) return;
      } catch (error) {
        if (ends.signal.aborted) return;
        trouble.value = tellFailure(error, operator);
        isMissing.value = error instanceof ApiError && error.status === 404;
        isMalformed.value = error instanceof ApiError && error.problem.code === "malformed-parameter";
        isAsking.value = false;
      }
      if (every !== null) timer = setTimeout(() => void next(), every);
    };
    const next = async () => {
      if (document.hidden)
        document.addEventListener("visibilitychange", () => void look(), { once: true, signal: ends.signal });
      else await look();
    };
    void look();
    return () => {
      ends.abort();
      clearTimeout(timer);
    };
  }, [path, asked.value, every === null ? 0 : operator.follower.ended.value]);
  return {
    body,
    isOfBefore: answered.value !== path,
    trouble,
    isMissing,
    isMalformed,
    isAsking,
    again: () => {
      asked.value += 1;
    },
  };
}
