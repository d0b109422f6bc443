import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { type Api, ApiError } from "../api/client.ts";
import { Title } from "../components/title.tsx";
import type { Entered } from "../enter.tsx";
import { consoleTexts as texts } from "./texts.ts";
import { address, followAddress, type ViewName } from "./address.ts";
import { type Operator, tellFailure } from "./asked.ts";
import { DesktopView } from "./desktop.tsx";
import { DesktopsView } from "./desktops.tsx";
import { DriftView } from "./drift.tsx";
import { followerOf } from "./follow.ts";
import { HealthView } from "./health.tsx";
import { Link } from "./link.tsx";
import { MaintenanceView } from "./maintenance.tsx";
import { QueueView } from "./queue.tsx";
import { SessionsView } from "./sessions.tsx";
import { Underway } from "./underway.tsx";

const inMenu: readonly ViewName[] = ["desktops", "sessions", "queue", "drift", "maintenance", "health"];

/** The operators' page. The role decides what it offers; the API decides what happens. */
export function Console({ api: itsApi, person, settings, leave }: Entered) {
  useEffect(followAddress, []);
  // The role may be taken away in the middle: what the page showed is not for this person any more.
  const isRefused = useSignal(false);
  const api = useMemo<Api>(
    () => ({
      call: (method, path, shape, call) =>
        itsApi.call(method, path, shape, call).catch((error: unknown) => {
          if (error instanceof ApiError && error.problem.code === "not-allowed") isRefused.value = true;
          throw error;
        }),
    }),
    [],
  );
  const follower = useMemo(() => followerOf({ api, tell: (error) => tellFailure(error, { leave }) }), []);
  useEffect(() => follower.stop, []);
  if (isRefused.value || !person.roles.includes(settings.adminRole))
    return (
      <>
        <Title takesFocus={isRefused.value}>{texts.notYours.title}</Title>
        <p>{texts.notYours.body(settings.adminRole)}</p>
        <p>
          <a href="/">{texts.notYours.portal}</a>
        </p>
      </>
    );
  const { view } = address.value;
  return (
    <>
      <nav aria-label={texts.menu} class="console-menu">
        <ul>
          {inMenu.map((name) => (
            <li key={name}>
              <Link to={{ view: name }} current={view === name}>
                {texts.views[name]}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <Underway follower={follower} />
      <CurrentView operator={{ api, leave, follower }} />
    </>
  );
}

function CurrentView({ operator }: { operator: Operator }) {
  const { view, id = "" } = address.value;
  switch (view) {
    case "desktops":
      return <DesktopsView operator={operator} />;
    case "desktop":
      return <DesktopView key={id} {...{ operator, id }} />;
    case "sessions":
      return <SessionsView operator={operator} />;
    case "maintenance":
      return <MaintenanceView operator={operator} />;
    case "drift":
      return <DriftView operator={operator} />;
    case "queue":
      return <QueueView operator={operator} />;
    case "health":
      return <HealthView operator={operator} />;
  }
}
