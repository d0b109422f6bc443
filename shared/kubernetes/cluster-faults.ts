import { ApiException, type KubeConfig, type RequestContext } from "@kubernetes/client-node";
import { type ErrorCode, ProductError } from "../errors.ts";
import type { Advice } from "./advice.ts";
import { retryAfterOf } from "./retried-read.ts";

/** The API server answered, and said no. */
export class RefusedByCluster extends ProductError {
  readonly status: number;

  constructor(status: number, code: ErrorCode, message: string, retryAfterSeconds?: number) {
    super(code, message, { retryAfterSeconds });
    this.status = status;
  }
}

/** An answer that is none of the Kubernetes API. */
export class MalformedAnswer extends Error {}

/**
 * Tells that what is needed to log in could not be had: the credential plugin failed, the token's file is gone, or the
 * app's identity gave no token.
 */
export function withoutCredential(what: string, error: unknown, { noCredential }: Advice): ProductError {
  // A parser's message quotes what the plugin printed: a token.
  const isUnreadable = error instanceof SyntaxError;
  const reason = isUnreadable ? "what the plugin printed is not JSON" : firstLine((error as Error).message);
  return new ProductError("cluster-not-authenticated", `${what}: the product has no credential (see the log)`, {
    cause: `${reason} (${noCredential})`,
  });
}

class NoCredential extends Error {}

/** The kubeconfig's authentication, whose own failures are told apart from those of the call. */
export function authenticationOf(config: KubeConfig) {
  return {
    getName: () => config.getName(),
    async applySecurityAuthentication(request: RequestContext): Promise<void> {
      try {
        await config.applySecurityAuthentication(request);
      } catch (error) {
        throw new NoCredential("log in", { cause: error });
      }
    },
  };
}

const untrusted =
  /^(CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|ERR_TLS_|ERR_SSL_|ERR_OSSL_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH|EPROTO)/;
const unnamed = /^(ENOTFOUND|EAI_)/;
const network =
  /^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|EADDRNOTAVAIL|UND_ERR_(SOCKET|CONNECT|HEADERS_TIMEOUT|BODY_TIMEOUT|ABORTED|CLOSED|DESTROYED))/;
const notHttp = /^HPE_/;

/** What went wrong with a call that got no answer, or none that can be understood: for callers, and for the log. */
function describeFailure(error: unknown, advice: Advice): [code: ErrorCode, words: string, cause: string] {
  const chain = causesOf(error);
  const reason = chain.map(({ message }) => firstLine(message)).join(": ");
  const codes = chain.map((each) => ("code" in each && typeof each.code === "string" ? each.code : ""));
  const has = (pattern: RegExp) => codes.some((code) => pattern.test(code));
  if (has(untrusted))
    return [
      "cluster-untrusted",
      "the API server's certificate is not trusted (see the log)",
      `${reason} (CA: ${advice.ca}; ${advice.untrusted})`,
    ];
  if (has(unnamed))
    return [
      "cluster-unavailable",
      "the name of the API server is not known to DNS",
      `${reason} (${advice.unknownName})`,
    ];
  if (has(network) || chain.some(({ name }) => name === "TimeoutError" || name === "AbortError"))
    return ["cluster-unavailable", "the API server does not answer", `${reason} (${advice.unanswered})`];
  // A parser's message quotes the body, which may hold a secret.
  if (
    has(notHttp) ||
    chain.some((each) => each instanceof SyntaxError || each instanceof MalformedAnswer || isUnread(each))
  )
    return [
      "cluster-failed",
      "the answer is not one of the Kubernetes API (see the log)",
      `its body cannot be read (${advice.notKubernetes})`,
    ];
  return ["internal", "the call failed before it was made (see the log)", reason];
}

/** What the client library says of a body that it cannot read (2.0.1, ObjectSerializer.parse and KubernetesObjectApi). */
function isUnread({ message }: Error): boolean {
  return /The mediaType .* is not supported|Cannot parse content|Unable to determine type|Unrecognized API version/.test(
    message,
  );
}

function causesOf(error: unknown): Error[] {
  const chain: Error[] = [];
  for (let each = error; each instanceof Error && chain.length < 5; each = each.cause) chain.push(each);
  return chain.length > 0 ? chain : [new Error(String(error))];
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0]?.slice(0, 300) ?? "";
}

/** True of what is told of an API server that cannot be reached, or gave no answer. */
export function isUnreachable(error: unknown): error is ProductError {
  return error instanceof ProductError && error.code === "cluster-unavailable";
}

/** What is told while no call is made, since the calls before got no answer. */
export function notAnswering(): ProductError {
  return new ProductError(
    "cluster-unavailable",
    "reach the API server: it does not answer (it is tried every second; ask again)",
    { retryAfterSeconds: 2 },
  );
}

/** What a call is told that did not get its turn. */
export function tooMuchToDo(): ProductError {
  return new ProductError(
    "cluster-overloaded",
    "reach the API server: too many calls of this process wait for it (ask again)",
    { retryAfterSeconds: 5 },
  );
}

/** What a call that failed is told as; undefined if its status means success. */
export function faultOf(
  what: string,
  error: unknown,
  advice: Advice,
  already: Readonly<Record<number, unknown>>,
): ProductError | undefined {
  if (error instanceof NoCredential) return withoutCredential(what, error.cause, advice);
  if (!(error instanceof ApiException)) {
    const [code, words, cause] = describeFailure(error, advice);
    return new ProductError(code, `${what}: ${words}`, { cause });
  }
  const { code: status } = error;
  const body = statusIn(error.body);
  // A page of something in between proves nothing of an object.
  if (Object.hasOwn(already, status) && body) return undefined;
  const said = `${status} ${body?.message ?? "no reason given"}`;
  if (status === 401)
    return new ProductError(
      "cluster-not-authenticated",
      `${what}: the API server does not accept the product's credential (see the log)`,
      { cause: `${said} (${advice.notAuthenticated})` },
    );
  // RBAC names our account and what it lacks: for the log, not for callers.
  if (status === 403 && said.includes('forbidden: User "'))
    return new ProductError("cluster-not-allowed", `${what}: the product's role does not allow it (see the log)`, {
      cause: said,
    });
  const retryAfter = retryAfterOf(error);
  // Priority and fairness answers a plain text, so there is no Status (apiserver, filters/priority-and-fairness.go).
  if (status === 429)
    return new RefusedByCluster(
      status,
      "cluster-overloaded",
      `${what}: the API server is busy: 429 ${body?.message ?? "too many requests for this account (ask again; kubectl get flowschemas shows its share)"}`,
      retryAfter ?? 1,
    );
  // The API server redirects nobody; a proxy or a sign-in page does.
  if (status < 400)
    return new RefusedByCluster(
      status,
      "cluster-failed",
      `${what}: the answer is not one of the Kubernetes API: ${status} (${advice.notKubernetes})`,
    );
  if (status >= 500)
    return new RefusedByCluster(status, "cluster-failed", `${what}: the API server failed: ${said}`, retryAfter);
  if (status === 404 && !body)
    return new RefusedByCluster(
      status,
      "cluster-failed",
      `${what}: the API server does not know this kind of object: ${said}`,
    );
  return new RefusedByCluster(status, "step-failed", `${what}: ${said}`);
}

/** The Status in a body; never the whole exception, whose text repeats bodies and headers. */
function statusIn(body: unknown): { message?: string } | undefined {
  let status: unknown = body;
  if (typeof body === "string") {
    try {
      status = JSON.parse(body);
    } catch {
      return undefined; // a proxy's page: the code must do
    }
  }
  if (typeof status !== "object" || status === null || (status as { kind?: unknown }).kind !== "Status")
    return undefined;
  const { message } = status as { message?: unknown };
  return typeof message === "string" ? { message } : {};
}
