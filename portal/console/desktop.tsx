import { useSignal } from "@preact/signals";
import type { OneDesktop } from "../api/console-types.ts";
import { StateTag } from "../components/tag.tsx";
import { Title } from "../components/title.tsx";
import { atTime } from "../pages/times.ts";
import { consoleTexts as texts } from "./texts.ts";
import { Action } from "./action.tsx";
import { type Operator, useAsked } from "./asked.ts";
import { Facts } from "./facts.tsx";
import { Link } from "./link.tsx";
import { Trouble } from "./trouble.tsx";

/** One desktop: why it is as it is, what happened, and what can be done. */
export function DesktopView({ operator, id }: { operator: Operator; id: string }) {
  const path = `desktops/${encodeURIComponent(id)}`;
  const { body, trouble, again } = useAsked<OneDesktop>(operator, path);
  const hours = useSignal("4");
  const said = useSignal("");
  const desktop = body.value;
  const done = (answer: unknown) => {
    const { state, reason, message, until } = answer as Record<string, string | undefined>;
    said.value = until === undefined ? texts.desktop.done(message ?? reason ?? state ?? "") : texts.desktop.kept(until);
    again();
  };
  const nothing = () => ({});
  return (
    <>
      <Title tab={texts.tab(desktop?.username ?? texts.views.desktop)}>
        {desktop ? texts.desktop.title(desktop.username, desktop.workspace) : texts.views.desktop}
      </Title>
      <Trouble words={trouble.value} />
      <p role="status">{said.value}</p>
      {desktop && (
        <>
          <p>
            <StateTag state={desktop.state} /> {desktop.reason}
          </p>
          <DesktopFacts desktop={desktop} />
          <h2>{texts.desktop.actions}</h2>
          <Action {...{ operator, done, name: texts.desktop.suspend, path: `${path}/suspend`, body: nothing }} />
          <Action
            {...{ operator, done, name: texts.desktop.extend, path: `${path}/extend` }}
            body={() => ({ until: new Date(Date.now() + Number(hours.value) * 3_600_000).toISOString() })}
          >
            <div class="nhsuk-form-group">
              <label class="nhsuk-label" for="hours">
                {texts.desktop.hours}
              </label>
              <select
                class="nhsuk-select"
                id="hours"
                value={hours.value}
                onChange={(event) => {
                  hours.value = event.currentTarget.value;
                }}
              >
                {["1", "4", "12", "24", "72"].map((each) => (
                  <option key={each} value={each}>
                    {each}
                  </option>
                ))}
              </select>
            </div>
          </Action>
          <Action {...{ operator, done, name: texts.desktop.retire, path: `${path}/retire`, body: nothing }} />
          <History desktop={desktop} />
        </>
      )}
      <p>
        <Link to={{ view: "desktops" }}>{texts.desktop.back}</Link>
      </p>
    </>
  );
}

function DesktopFacts({ desktop }: { desktop: OneDesktop }) {
  const now = new Date();
  const { decision, entitlement, request, lastOutcome, kept, removal } = desktop;
  const names = texts.desktop.facts;
  const evidence = decision?.evidence;
  return (
    <Facts
      facts={{
        [names.since]: desktop.since && atTime(desktop.since, now),
        [names.decision]: decision && `${decision.action} (${decision.rule}): ${decision.reason}`,
        [names.evidence]: evidence && `${evidence.what}, ${atTime(evidence.at, now)} (${evidence.source})`,
        [names.ends]: desktop.endsAt && `${atTime(desktop.endsAt, now)}: ${desktop.endsBecause ?? ""}`,
        [names.kept]:
          kept && `${atTime(kept.until, now)}, ${kept.by}${kept.reason === undefined ? "" : `: ${kept.reason}`}`,
        [names.entitlement]: entitlement.entitled ? texts.desktop.until(entitlement.until) : entitlement.reason,
        [names.lastSeen]: desktop.lastSeen && atTime(desktop.lastSeen, now),
        [names.request]:
          request &&
          `${request.workspace ?? texts.desktop.none}, ${atTime(request.requestedAt, now)}${request.reason === undefined ? "" : `: ${request.reason}`}`,
        [names.outcome]: lastOutcome && `${lastOutcome.state}: ${lastOutcome.reason}`,
        [names.removal]: removal?.reason,
        [names.deployment]: <code>{desktop.deployment}</code>,
        [names.binding]: desktop.binding,
        [names.entity]: desktop.guacamoleUsername,
        [names.connection]: desktop.connectionId === null ? texts.desktop.none : String(desktop.connectionId),
        [names.mayBeOpened]: desktop.mayBeOpened === null ? texts.unknown : desktop.mayBeOpened ? texts.yes : texts.no,
        [names.isolation]: desktop.isolation?.join("; "),
        [names.operation]: request && <code>{request.operation.replace("/api/operations/", "")}</code>,
      }}
    />
  );
}

function History({ desktop: { history = [] } }: { desktop: OneDesktop }) {
  if (history.length === 0) return null;
  const now = new Date();
  return (
    <>
      <h2>{texts.desktop.history}</h2>
      <ol class="console-history">
        {history.toReversed().map(({ at, action, rule, reason }) => (
          <li key={at}>
            {atTime(at, now)}: {action} ({rule}), {reason}
          </li>
        ))}
      </ol>
    </>
  );
}
