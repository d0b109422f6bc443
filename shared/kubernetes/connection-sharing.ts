import type { RequestContext } from "@kubernetes/client-node";

/** How long connections are shared before the client's settings are looked at again: certificates and CAs are renewed. */
const sharedMilliseconds = 5 * 60_000;

/**
 * The client makes a new agent, and so a new TLS connection, for every request (kubernetes-client/javascript, KubeConfig
 * .applySecurityAuthentication). This lets requests share the first one's for some minutes.
 */
export function connectionSharing(): (request: RequestContext) => void {
  let shared: { dispatcher: NonNullable<ReturnType<RequestContext["getDispatcher"]>>; until: number } | undefined;
  return (request) => {
    const own = request.getDispatcher();
    if (own === undefined) return;
    const now = performance.now();
    if (!shared || shared.until < now) shared = { dispatcher: own, until: now + sharedMilliseconds };
    else request.setDispatcher(shared.dispatcher);
  };
}
