import { parseArgs } from "node:util";
import { resolve } from "node:path";
import type { IssuerOptions } from "./issuer.ts";

export interface StartOptions {
  /** Run the sources directly, without a build. */
  sources: boolean;
  /** Exit after the main job instead of serving. */
  once: boolean;
  /** The directory for all state. */
  state: string;
  /** A port for the API. If undefined: the last start's port, 7071 or a free one, in this order. */
  port: number | undefined;
  /** Real systems instead of the stand-ins. */
  kubeconfig: string | undefined;
  databaseUrl: string | undefined;
  issuer: IssuerOptions | undefined;
  /** Start the real Keycloak that KEYCLOAK_HOME names, with the sample people. */
  keycloak: boolean;
  /** Write the sample workspaces and bindings to a real cluster too. */
  sampleEstate: boolean;
  /** Delete the state first. */
  reset: boolean;
  /** Kill this process (SIGKILL) once this activity has taken effect. */
  crashAt: string | undefined;
}

/** The folder of the state, if none is named. */
export const usualState = ".local";

export const usage = `npm start -- [options]

  --once               do the main job, then exit (status 0 if the desktop is ready)
  --port N             port of the API (default: the port of the last start, else 7071 or a free port)
  --state DIR          directory for all state, new, empty or of an earlier start (default: ${usualState})
  --reset              delete the state and start from scratch
  --kubeconfig FILE    use a real cluster instead of the local stand-in
  --sample-estate      with --kubeconfig: write the sample workspaces to that cluster (needs the two CRDs)
  --database-url URL   use a real PostgreSQL with Guacamole's schema instead of the local one
  --issuer URL         use an identity provider that runs elsewhere instead of the local stand-in, with
    --client ID          a client that has a service account with the role desktop-service, and
    --secret-file FILE   the file that holds its secret. OIDC_… and KEYCLOAK_… in the environment are passed on
  --keycloak           start a real Keycloak (KEYCLOAK_HOME names it) with the sample people and our provider
  --sources            run the TypeScript sources without a build (npm run dev also restarts when one changes)
  --crash-at ACTIVITY  die as if by kill -9 once this activity (createDeployment, grantPermission, …) has taken effect;
                       the next start resumes from there
  --help               print this text`;

/** Reads the command line. Returns null if it asks for the usage text. Throws one sentence if anything is wrong. */
export function readOptions(args: readonly string[]): StartOptions | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      sources: { type: "boolean", default: false },
      once: { type: "boolean", default: false },
      port: { type: "string" },
      state: { type: "string", default: usualState },
      reset: { type: "boolean", default: false },
      kubeconfig: { type: "string" },
      "sample-estate": { type: "boolean", default: false },
      "database-url": { type: "string" },
      issuer: { type: "string" },
      client: { type: "string" },
      "secret-file": { type: "string" },
      keycloak: { type: "boolean", default: false },
      "crash-at": { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return null;
  for (const name of ["state", "kubeconfig"] as const)
    if (values[name] === "") throw new Error(`read --${name}: it is empty (give a path)`);
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65_536))
    throw new Error(`read --port: ${values.port ?? ""} is not a port (give a number from 1 to 65535)`);
  if (values["database-url"] !== undefined && !/^postgres(ql)?:\/\//.test(values["database-url"]))
    throw new Error("read --database-url: it must begin with postgres:// or postgresql://");
  const issuer = readIssuer(values);
  if (issuer && values.keycloak) throw new Error("read --keycloak: --issuer names another one (give one of the two)");
  return {
    sources: values.sources,
    once: values.once,
    state: resolve(values.state),
    port,
    kubeconfig: values.kubeconfig === undefined ? undefined : resolve(values.kubeconfig),
    databaseUrl: values["database-url"],
    issuer,
    keycloak: values.keycloak,
    sampleEstate: values["sample-estate"],
    reset: values.reset,
    crashAt: values["crash-at"],
  };
}

function readIssuer(values: { issuer?: string; client?: string; "secret-file"?: string }): IssuerOptions | undefined {
  const { issuer, client, "secret-file": secretFile } = values;
  if (issuer === undefined) {
    const alone = client !== undefined ? "--client" : secretFile !== undefined ? "--secret-file" : undefined;
    if (alone !== undefined) throw new Error(`read ${alone}: it belongs to --issuer, which is missing (give its URL)`);
    return undefined;
  }
  if (!URL.canParse(issuer) || !/^https?:$/.test(new URL(issuer).protocol))
    throw new Error(
      `read --issuer: ${issuer} is not an address (give one such as https://keycloak.example/realms/sde)`,
    );
  for (const [name, value] of [
    ["--client", client],
    ["--secret-file", secretFile],
  ] as const)
    if (value === undefined || value === "") throw new Error(`read --issuer: it needs ${name} too (see below)`);
  return { issuer, client: client ?? "", secretFile: resolve(secretFile ?? "") };
}
