import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Workspaces } from "../api/types.ts";
import type { Entered } from "../enter.tsx";
import { texts } from "../texts.ts";

export function WorkspacesPage({ api, person }: Entered) {
  const workspaces = useSignal<Workspaces["workspaces"] | null>(null);
  useEffect(() => {
    void api.call<Workspaces>("GET", `users/${encodeURIComponent(person.username)}/workspaces`).then(({ body }) => {
      workspaces.value = body.workspaces;
    });
  }, []);
  return (
    <>
      <h1>{texts.workspaces.title}</h1>
      {workspaces.value === null ? (
        <p role="status">{texts.workspaces.loading}</p>
      ) : (
        <ul>
          {workspaces.value.map(({ workspace, displayName }) => (
            <li key={workspace}>{displayName ?? workspace}</li>
          ))}
        </ul>
      )}
    </>
  );
}
