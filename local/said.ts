import { ApiException } from "@kubernetes/client-node";

/**
 * Why something failed, in one line. Of a cluster's refusal its own message, which names the account and the right that it
 * lacks: the exception's text repeats the whole answer, headers included.
 */
export function said(error: unknown): string {
  if (error instanceof ApiException) {
    const { code, body } = error as ApiException<unknown>;
    return messageIn(body) ?? `the cluster answers ${code}`;
  }
  if (!(error instanceof Error)) return String(error);
  // Node's own errors of several addresses have no message.
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
