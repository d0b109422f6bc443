import { useSignal } from "@preact/signals";
import { oneDesktop } from "../api/console-shapes.ts";
import type { OneDesktop } from "../api/console-types.ts";
import { kept, operation as operationShape } from "../api/shapes.ts";
import type { Operation } from "../api/types.ts";
import { StateTag } from "../components/tag.tsx";
import { Title } from "../components/title.tsx";
import { Words } from "../components/words.tsx";
import { atTime } from "../pages/times.ts";
import { consoleTexts as texts } from "./texts.ts";
import { Action } from "./action.tsx";
import { type Operator, useAsked } from "./asked.ts";
import { Facts } from "./facts.tsx";
import type { Begun } from "./follow.ts";
import { Hours, inHours, keptAs } from "./hours.tsx";
import { Link } from "./link.tsx";
import { Table } from "./table.tsx";
import { Trouble } from "./trouble.tsx";

/** One desktop: why it is as it is, what happened, and what can be done. */
export function DesktopView({ operator, id }: { operator: Operator; id: string }) {
  const path = `desktops/${encodeURIComponent(id)}`;
  const { body, trouble, isMissing, again } = useAsked(operator, path, oneDesktop);
  const hours = useSignal("4");
  const desktop = body.value;
  const isGone = isMissing.value;
  const follow = (what: string, begun: Begun) => {
    const name = desktop ? texts.desktop.title(desktop.username, desktop.workspace) : id;
    const wish = { id, name, ask: () => Promise.resolve(begun) };
    operator.follower.begin(texts.asked.one(what, name), { view: "desktop", id }, [wish]);
    again();
  };
  /** Of an action that begins an operation. */
  const operation = (name: string, action: string) => ({
    ...{ operator, name, path: `${path}/${action}`, answer: operationShape },
    done: (answer: Operation) => {
      follow(name, answer);
    },
  });
  const nothing = () => ({});
  return (
    <>
      <Title tab={texts.tab(desktop?.username ?? texts.views.desktop)}>
        {desktop ? texts.desktop.title(desktop.username, desktop.workspace) : texts.views.desktop}
      </Title>
      <Trouble words={isGone ? null : trouble.value} isShown={desktop !== null} />
      <p role="status">
        {isGone
          ? desktop
            ? texts.desktop.gone
            : texts.desktop.missing
          : desktop || trouble.value !== null
            ? ""
            : texts.desktop.looking}
      </p>
      {desktop && !isGone && (
        <>
          <p>
            <StateTag state={desktop.state} /> <Words>{desktop.reason}</Words>
          </p>
          <DesktopFacts desktop={desktop} />
          <h2>{texts.desktop.actions}</h2>
          <Action {...operation(texts.desktop.suspend, "suspend")} body={nothing} />
          <Action
            {...{ operator, name: texts.desktop.extend, path: `${path}/extend`, answer: kept }}
            done={(answer) => {
              follow(texts.desktop.extend, keptAs(answer));
            }}
            body={() => ({ until: inHours(hours.value) })}
          >
            <Hours hours={hours} />
          </Action>
          <Action {...operation(texts.desktop.retire, "retire")} body={nothing} />
          <Timeline desktop={desktop} />
          <Objects desktop={desktop} />
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

function Timeline({ desktop: { timeline } }: { desktop: OneDesktop }) {
  const now = new Date();
  return (
    <>
      <h2>{texts.desktop.timeline}</h2>
      {timeline.length === 0 && <p>{texts.desktop.nothingYet}</p>}
      <ol class="console-history">
        {timeline.map((entry) => (
          <li key={entry.kind + entry.at}>
            {atTime(entry.at, now)}: <Words>{describeEntry(entry)}</Words>
          </li>
        ))}
      </ol>
    </>
  );
}

function describeEntry(entry: OneDesktop["timeline"][number]): string {
  switch (entry.kind) {
    case "decision":
      return `${entry.action} (${entry.rule}), ${entry.reason}`;
    case "operation":
      return `${entry.state}: ${entry.reason}`;
    case "administrator":
    case "person":
      return texts.desktop.administrator(entry.by, entry.action, entry.reason ?? "");
  }
}

/** What is there beside what should be. A difference is in words, not by colour alone. */
function Objects({ desktop: { objects, drifts, notCompared } }: { desktop: OneDesktop }) {
  const words = texts.desktop.objects;
  return (
    <>
      <h2>{words.title}</h2>
      {notCompared !== undefined && (
        <p>
          <Words>{notCompared}</Words>
        </p>
      )}
      {drifts.map(({ kind, reason }) => (
        <p key={kind + reason} class="console-wrong">
          {kind}: <Words>{reason}</Words>
        </p>
      ))}
      <Table caption={words.title} headings={[words.object, words.field, words.found, words.wanted]}>
        {objects.flatMap(({ system, kind, name, there, wanted, fields }) => [
          <tr key={`${system} ${kind} ${name}`}>
            <td class="console-long">
              {kind} {name}
            </td>
            <td>{words.exists}</td>
            <td>{describeTruth(there)}</td>
            <td>
              {describeTruth(wanted)}
              {there !== null && wanted !== null && there !== wanted && <strong> {words.differs}</strong>}
            </td>
          </tr>,
          ...fields.map(({ field, found = "", wanted: should = "", differs }) => (
            <tr key={`${system} ${kind} ${name} ${field}`}>
              <td />
              <td>{field}</td>
              <td class="console-long">{found}</td>
              <td class="console-long">
                {should}
                {differs && <strong> {words.differs}</strong>}
              </td>
            </tr>
          )),
        ])}
      </Table>
    </>
  );
}

function describeTruth(value: boolean | null): string {
  return value === null ? texts.unknown : value ? texts.yes : texts.no;
}
