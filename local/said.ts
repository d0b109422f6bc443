import { ApiException } from "@kubernetes/client-node";

/**
 * Why something failed, in one line. If a cluster refused a call, this is the cluster's message, which names the
 * account and the missing permission; the exception's own text repeats the whole response, headers included.
 */
export function said(error: unknown): string {
  if (error instanceof ApiException) {
    const { code, body } = error as ApiException<unknown>;
    return messageIn(body) ?? `the cluster answered ${code}`;
  }
  if (!(error instanceof Error)) return String(error);
  // Node's errors about several addresses (AggregateError) have no message.
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  const reason = error.message === "" ? code : error.message;
  return error.cause instanceof Error ? `${reason}: ${said(error.cause)}` : reason;
}

function messageIn(body: unknown): string | undefined {
  let status = body;
  try {
    if (typeof body === "string") status = JSON.parse(body);
  } catch {
    return undefined; // a proxy's page, not a Status
  }
  return typeof status === "object" && status !== null && "message" in status && typeof status.message === "string"
    ? status.message
    : undefined;
}
