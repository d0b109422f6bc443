import { useComputed } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { Details } from "../components/details.tsx";
import { Reference } from "../components/reference.tsx";
import { Words } from "../components/words.tsx";
import type { Entered } from "../enter.tsx";
import { channelOf } from "../tabs.ts";
import { texts } from "../texts.ts";
import { type Model, modelOf } from "./model.ts";
import { RunningView } from "./running.tsx";
import { type Happened, happenedOf, nameOf, sentence } from "./state.ts";
import { StartingView, stepName } from "./starting.tsx";
import { WorkspacesView } from "./workspaces.tsx";

/** The researcher's page: one view at a time, which follows from what the API says. */
export function Portal({ api, person, settings, tabs, leave }: Entered) {
  const { username } = person;
  const model = useMemo(
    () =>
      modelOf({
        api,
        username,
        leave,
        open: (address) => {
          location.assign(address);
        },
        tabs,
        openers: channelOf("portal"),
        memory: sessionStorage,
      }),
    [],
  );
  useEffect(() => {
    const look = () => {
      if (!document.hidden) model.lookNow();
    };
    addEventListener("online", look);
    // Else it would be told only when the answer that the page waits for fails to come.
    addEventListener("offline", look);
    document.addEventListener("visibilitychange", look);
    void model.run();
    return () => {
      removeEventListener("online", look);
      removeEventListener("offline", look);
      document.removeEventListener("visibilitychange", look);
      model.stop();
    };
  }, []);
  return (
    <>
      <p role="status" class="portal-trouble">
        {model.trouble.value === null
          ? ""
          : (model.view.value ? texts.trouble : texts.troubleAtFirst)(model.trouble.value)}
      </p>
      <Refusal {...{ model, support: settings.support }} />
      <View {...{ model, support: settings.support }} />
    </>
  );
}

interface ViewProps {
  model: Model;
  support: string | null;
}

function View({ model, support }: ViewProps) {
  const view = model.view.value;
  const shownBefore = useRef<string | null>(null);
  const kind = view?.kind ?? null;
  const takesFocus = shownBefore.current !== null && shownBefore.current !== kind;
  useEffect(() => {
    if (kind !== null) shownBefore.current = kind;
  }, [kind]);
  const nameFor = (workspace: string) => {
    const found = model.workspaces.value?.find((each) => each.workspace === workspace);
    return found ? nameOf(found) : workspace;
  };
  if (!view) return <p role="status">{texts.workspaces.loading}</p>;
  if (view.kind === "starting") return <StartingView {...{ model, takesFocus, name: nameFor(view.workspace) }} />;
  const running = view.kind === "running" ? view.workspace : null;
  return (
    <>
      {view.kind === "running" && (
        <RunningView {...{ model, takesFocus, desktop: view.desktop, name: nameFor(view.workspace) }} />
      )}
      <WorkspacesView {...{ model, support, running, takesFocus }}>
        <WhatHappened {...{ model, support, nameFor }} />
      </WorkspacesView>
    </>
  );
}

function WhatHappened({ model, support, nameFor }: ViewProps & { nameFor: (workspace: string) => string }) {
  const happened = useComputed<Happened | null>(() => (model.desktop.value ? happenedOf(model.desktop.value) : null));
  if (!happened.value) return null;
  const { title, workspace, explanation, reason, step, operation } = happened.value;
  const reference = operation !== undefined && <Reference id={operation} support={support} />;
  const isFault = title === "failed";
  const heading = texts.happened[title](workspace === undefined ? texts.happened.yours : nameFor(workspace));
  return (
    <section class="nhsuk-inset-text portal-happened" aria-label={heading}>
      <h2>{heading}</h2>
      <p>{explanation}</p>
      {step !== undefined && <p>{texts.happened.step(stepName(step))}</p>}
      {isFault && reference}
      <Details key={reason}>
        <p>
          <Words>{sentence(reason)}</Words>
        </p>
        {!isFault && reference}
      </Details>
    </section>
  );
}

function Refusal({ model, support }: ViewProps) {
  const refusal = model.refusal.value;
  const place = useRef<HTMLDivElement>(null);
  // It may be far above the button that was pressed. The focus stays there, so that it can be pressed again.
  useEffect(() => {
    if (refusal) place.current?.scrollIntoView();
  }, [refusal]);
  return (
    <div role="alert" ref={place}>
      {refusal && (
        <div class="nhsuk-error-summary">
          <h2 class="nhsuk-error-summary__title">{texts.refused.title}</h2>
          <p>{refusal.explanation}</p>
          {refusal.id === undefined ? <p>{texts.refused.again}</p> : <Reference id={refusal.id} support={support} />}
          {refusal.reason !== undefined && (
            <Details key={refusal.id}>
              <p>
                <Words>{sentence(refusal.reason)}</Words>
              </p>
            </Details>
          )}
        </div>
      )}
    </div>
  );
}
