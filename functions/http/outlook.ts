import type { Outlook } from "../work/waits.ts";

/** The place in the queue, and how long such starts take, as far as they are known. */
export function showOutlook({ queue, usually }: Outlook) {
  return {
    ...(queue && {
      admission: {
        place: queue.place,
        of: queue.of,
        expectedFromSeconds: queue.expected?.fromSeconds,
        expectedToSeconds: queue.expected?.toSeconds,
      },
    }),
    ...(usually && {
      usuallyReadyWithinSeconds: Math.ceil(usually.most),
      halfReadyWithinSeconds: Math.ceil(usually.half),
    }),
  };
}
