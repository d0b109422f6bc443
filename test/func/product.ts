import { writeProduct } from "./app-folder.ts";
import { chooseHost } from "./choose-host.ts";
import { type HostUnderTest, lookSignal, openHost, preparedFolder } from "./open-host.ts";
import { type Caller, type Outside, startOutside } from "./outside.ts";
import { until } from "./until.ts";

export interface Reply<Body = Record<string, unknown>> {
  status: number;
  headers: Headers;
  body: Body;
}

export interface Operation {
  id: string;
  state: "pending" | "running" | "done" | "failed" | "superseded";
  progress?: { step: string };
}

/** The product on the chosen host, with everything around it. */
export interface ProductUnderTest {
  readonly outside: Outside;
  readonly host: HostUnderTest;
  send: (path: string, init?: RequestInit) => Promise<Reply>;
  call: <Body = Record<string, unknown>>(
    caller: Caller,
    method: string,
    path: string,
    body?: unknown,
  ) => Promise<Reply<Body>>;
  /** Asks for alice's desktop in a workspace, or for none if null. Returns the operation. */
  ask: (workspace: string | null) => Promise<Operation>;
  /** Polls an operation until it has ended. */
  end: (operation: Operation) => Promise<Operation>;
  close: () => Promise<void>;
}

/** With both visibility timeouts at one minute, the rest of the work was done 1 to 64 s after a kill -9 of the real host. */
const operationSeconds = 180;

export const choice = chooseHost(process.env);

export async function startProductUnderTest(): Promise<ProductUnderTest> {
  const outside = await startOutside(choice.kind === "given" ? preparedFolder : undefined);
  let host: HostUnderTest;
  try {
    host = await openHost(choice, {
      name: "product",
      writeApp: writeProduct,
      settings: outside.settings,
      // True if the product itself answers and trusts our identity provider: one with other settings would refuse the
      // token.
      isUp: async (url) => {
        const headers = { authorization: `Bearer ${await outside.token("alice")}` };
        const response = await fetch(`${url}/api/users/alice/workspaces`, { headers, signal: lookSignal() }).catch(
          () => undefined,
        );
        return response?.headers.has("x-request-id") === true && response.status !== 401 && response.status < 500;
      },
    });
  } catch (error) {
    await outside.close();
    throw error;
  }

  const send: ProductUnderTest["send"] = async (path, init) => {
    const response = await fetch(`${host.url}/api${path}`, init);
    const text = await response.text();
    const isJson = /[/+]json/.test(response.headers.get("content-type") ?? "");
    const body = (isJson ? JSON.parse(text) : { text }) as Record<string, unknown>;
    return { status: response.status, headers: response.headers, body };
  };
  const call = async <Body>(caller: Caller, method: string, path: string, body?: unknown): Promise<Reply<Body>> => {
    const authorization = `Bearer ${await outside.token(caller)}`;
    const sent =
      body === undefined
        ? { headers: { authorization } }
        : { headers: { authorization, "content-type": "application/json" }, body: JSON.stringify(body) };
    return (await send(path, { method, ...sent })) as Reply<Body>;
  };
  return {
    ...{ outside, host, send, call },
    async ask(workspace) {
      const path = "/users/alice/desktop";
      const { status, body } = await (workspace === null
        ? call<Operation>("alice", "DELETE", path)
        : call<Operation>("alice", "PUT", path, { workspace }));
      if (status >= 400) throw new Error(`ask for ${workspace ?? "no desktop"}: ${JSON.stringify(body)}`);
      return body;
    },
    async end(operation) {
      let told = operation;
      return until(
        `the end of operation ${operation.id}`,
        operationSeconds,
        async () => {
          if (told.state !== "pending" && told.state !== "running") return told;
          // As the service, which may read every operation.
          const { status, body } = await call<Operation>("service", "GET", `/operations/${operation.id}?wait=20`);
          if (status >= 500) return undefined;
          if (status >= 400) throw new Error(`read operation: ${JSON.stringify(body)}`);
          told = body;
          return undefined;
        },
        () => JSON.stringify(told),
      );
    },
    async close() {
      await host.close();
      await outside.close();
    },
  };
}
