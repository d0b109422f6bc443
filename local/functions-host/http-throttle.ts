import type { HostResponse } from "./http-message.ts";

/** At most so many requests, or -1 for no limit. */
export interface ThrottleLimits {
  maxConcurrentRequests: number;
  /** Those that run and those that wait. */
  maxOutstandingRequests: number;
}

/**
 * A request over the limit: no body (azure-functions-host, src/WebJobs.Script.WebHost/Middleware/HttpThrottleMiddleware.cs,
 * commit 1b583c1; read, not measured).
 */
const tooBusy: HostResponse = { status: 429, headers: [["X-FUNCTION-SCALEOUT", "1"]] };

/** Lets requests run, wait for their turn, or be refused, as HttpRequestQueue.cs does there with an ActionBlock. */
export function createThrottle({ maxConcurrentRequests, maxOutstandingRequests }: ThrottleLimits) {
  const waiting: (() => void)[] = [];
  let running = 0;
  const most = (limit: number) => (limit === -1 ? Infinity : limit);

  return async (answer: () => Promise<HostResponse>): Promise<HostResponse> => {
    if (running + waiting.length >= most(maxOutstandingRequests)) return tooBusy;
    // A request that ends hands its place on, so that nobody who comes in between takes it.
    if (running >= most(maxConcurrentRequests)) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await answer();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
