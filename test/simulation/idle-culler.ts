/** What a hub knows of a server, as far as the rule looks at it. Times in milliseconds. */
export interface Server {
  /** What is being done with it: `spawn`, `stop`. */
  pending: string | null;
  ready: boolean;
  startedAt: number;
  lastActivity: number | null;
}

export interface CullerOptions {
  /** `--timeout`: 600 by itself, 3600 in its README. */
  timeoutSeconds: number;
  /** `--max-age`: 0, which is no limit, by itself. */
  maxAgeSeconds: number;
}

/**
 * The rule of jupyterhub-idle-culler in our words: a server goes that had no activity for the timeout, or is older than the
 * greatest age. One that is being started or stopped, or is not ready, stays. Source: `handle_server` in
 * <https://github.com/jupyterhub/jupyterhub-idle-culler/blob/04ce9311554d9ef12e60ac1efb9b9f76d3acc79f/jupyterhub_idle_culler/__init__.py>
 */
export function culls(server: Server, { timeoutSeconds, maxAgeSeconds }: CullerOptions, now: number): boolean {
  if (server.pending !== null || !server.ready) return false;
  const ageSeconds = (now - server.startedAt) / 1_000;
  const inactiveSeconds = server.lastActivity === null ? ageSeconds : (now - server.lastActivity) / 1_000;
  return inactiveSeconds >= timeoutSeconds || (maxAgeSeconds > 0 && ageSeconds >= maxAgeSeconds);
}
