import { ApiError } from "../api/client.ts";
import { Link } from "./link.tsx";
import { consoleTexts as texts } from "./texts.ts";

/** Leads to the run because of which something was refused. */
export function RunUnderWay({ error }: { error: unknown }) {
  const run = error instanceof ApiError ? error.problem.underWay?.run : undefined;
  if (run === undefined) return null;
  const id = /\/end-sessions\/([^/]+)$/.exec(run)?.[1];
  return (
    <p>
      <Link to={id === undefined ? { view: "maintenance" } : { view: "sessions", run: id }}>{texts.underWay.show}</Link>
    </p>
  );
}
