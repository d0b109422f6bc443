import { parseArgs } from "node:util";
import { resolve } from "node:path";

export interface StartOptions {
  /** Run the sources as they are instead of building them. */
  sources: boolean;
  /** End after the main job instead of serving on. */
  once: boolean;
  /** Where state is kept. */
  state: string;
  /** A port for the API; undefined: that of the last start, or else 7071 or a free one. */
  port: number | undefined;
  /** Real systems instead of the stand-ins. */
  kubeconfig: string | undefined;
  databaseUrl: string | undefined;
  /** Write the sample workspaces and bindings into a cluster that is not our stand-in. */
  sampleEstate: boolean;
  /** Throw the state away first. */
  reset: boolean;
  /** Die as by kill -9 when this activity has taken effect. */
  crashAt: string | undefined;
}

export const usage = `npm start -- [options]

  --once               do the main job, then end (exit 0 if the desktop is ready)
  --port N             port of the API (default: that of the last start, else 7071 or a free one)
  --state DIR          where state is kept (default: .local)
  --reset              throw the state away and begin anew
  --kubeconfig FILE    a real cluster instead of the local stand-in
  --sample-estate      with --kubeconfig: write the sample workspaces there (needs the two CRDs)
  --database-url URL   a real PostgreSQL with Guacamole's schema instead of the local one
  --sources            run the TypeScript sources without a build (npm run dev also restarts when one changes)
  --crash-at ACTIVITY  die, as by kill -9, when this activity has taken effect (createDeployment, grantPermission, …):
                       the next start goes on from there
  --help               this text`;

/** Reads the command line. Throws one sentence for anything wrong; null asks for the usage text. */
export function readOptions(args: readonly string[]): StartOptions | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      sources: { type: "boolean", default: false },
      once: { type: "boolean", default: false },
      port: { type: "string" },
      state: { type: "string", default: ".local" },
      reset: { type: "boolean", default: false },
      kubeconfig: { type: "string" },
      "sample-estate": { type: "boolean", default: false },
      "database-url": { type: "string" },
      "crash-at": { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return null;
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65_536))
    throw new Error(`read --port: ${values.port ?? ""} is not a port (give a number from 1 to 65535)`);
  if (values["database-url"] !== undefined && !/^postgres(ql)?:\/\//.test(values["database-url"]))
    throw new Error("read --database-url: it must begin with postgres:// or postgresql://");
  return {
    sources: values.sources,
    once: values.once,
    state: resolve(values.state),
    port,
    kubeconfig: values.kubeconfig === undefined ? undefined : resolve(values.kubeconfig),
    databaseUrl: values["database-url"],
    sampleEstate: values["sample-estate"],
    reset: values.reset,
    crashAt: values["crash-at"],
  };
}
