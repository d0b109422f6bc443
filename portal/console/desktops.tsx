import { useEffect, useMemo, useRef } from "preact/hooks";
import { desktops as desktopsShape } from "../api/console-shapes.ts";
import type { Desktops, ListedDesktop } from "../api/console-types.ts";
import { StateTag } from "../components/tag.tsx";
import { Title } from "../components/title.tsx";
import { atTime } from "../pages/times.ts";
import { texts as pageTexts } from "../texts.ts";
import { consoleTexts as texts } from "./texts.ts";
import { type Address, address, go } from "./address.ts";
import { type Operator, useAsked } from "./asked.ts";
import { Bulk } from "./bulk-actions.tsx";
import { Link } from "./link.tsx";
import { type Selection, selectionOf } from "./selection.ts";
import { Trouble } from "./trouble.tsx";

const filters = ["state", "workspace", "rule", "username"] as const;
const pageSize = "50";

/** The estate, worst first. Filters and the page are in the address. */
export function DesktopsView({ operator }: { operator: Operator }) {
  const here = address.value;
  const query = new URLSearchParams({ sort: "worst", limit: pageSize });
  for (const name of [...filters, "after"]) if (here[name]) query.set(name, here[name]);
  const { body, isOfBefore, trouble } = useAsked(operator, `desktops?${query.toString()}`, desktopsShape);
  const selection = useMemo(selectionOf, []);
  const list = body.value;
  useEffect(() => {
    if (list && !isOfBefore) selection.keepTo(list.desktops);
  }, [list, isOfBefore]);
  // With another page, the link that was followed is gone.
  const total = useRef<HTMLParagraphElement>(null);
  const after = useRef(here["after"]);
  useEffect(() => {
    if (after.current !== here["after"] && document.activeElement === document.body) total.current?.focus();
    after.current = here["after"];
  }, [here["after"]]);
  return (
    <>
      <Title tab={texts.tab(texts.views.desktops)}>{texts.views.desktops}</Title>
      <Trouble words={trouble.value} isShown={list !== null && !isOfBefore} />
      <Filters here={here} counts={list?.counts} />
      <Bulk {...{ operator, selection }} />
      <p role="status" ref={total} tabIndex={-1}>
        {list && !isOfBefore
          ? texts.desktops.total(list.total ?? list.desktops.length)
          : trouble.value === null
            ? texts.desktops.looking
            : ""}
      </p>
      {list && !isOfBefore && (
        <>
          {list.unanswered.map((words) => (
            <p key={words} class="console-wrong">
              {words}
            </p>
          ))}
          <DesktopTable desktops={list.desktops} selection={selection} />
          <nav aria-label={texts.desktops.pages} class="console-pages">
            {here["after"] && <Link to={{ ...here, after: "" }}>{texts.desktops.first}</Link>}
            {list.next !== undefined && <Link to={{ ...here, after: list.next }}>{texts.desktops.next}</Link>}
          </nav>
        </>
      )}
    </>
  );
}

function Filters({ here, counts }: { here: Address; counts: Desktops["counts"] }) {
  const choices = { state: counts?.states, workspace: counts?.workspaces, rule: counts?.rules };
  const choose = (name: string, value: string) => {
    go({ ...here, [name]: value, after: "" });
  };
  return (
    <form
      class="console-filters"
      onSubmit={(event) => {
        event.preventDefault();
      }}
    >
      {Object.entries(choices).map(([name, counted]) => (
        <div key={name} class="nhsuk-form-group">
          <label class="nhsuk-label" for={`filter-${name}`}>
            {texts.desktops.columns[name as keyof typeof choices]}
          </label>
          <select
            class="nhsuk-select"
            id={`filter-${name}`}
            value={here[name] ?? ""}
            onChange={(event) => {
              choose(name, event.currentTarget.value);
            }}
          >
            <option value="">{texts.desktops.all}</option>
            {optionsOf(counted, here[name]).map(([value, count]) => (
              <option key={value} value={value}>
                {optionWords(name, value, count)}
              </option>
            ))}
          </select>
        </div>
      ))}
      <div class="nhsuk-form-group">
        <label class="nhsuk-label" for="filter-username">
          {texts.desktops.person}
        </label>
        <input
          class="nhsuk-input nhsuk-input--width-10"
          id="filter-username"
          value={here["username"] ?? ""}
          autocomplete="off"
          onChange={(event) => {
            choose("username", event.currentTarget.value.trim());
          }}
        />
      </div>
    </form>
  );
}

/** The count is left out while it is not known. */
function optionWords(filter: string, value: string, count: number | undefined): string {
  const words = filter === "state" ? (stateWords[value] ?? value) : value;
  return count === undefined ? words : `${words} (${count})`;
}

const stateWords: Readonly<Record<string, string>> = pageTexts.states;

/** The counted values, and the chosen one although there is none left. */
function optionsOf(
  counted: Readonly<Record<string, number>> | undefined,
  chosen: string | undefined,
): [string, number | undefined][] {
  const options: [string, number | undefined][] = Object.entries(counted ?? {}).sort(([one], [other]) =>
    one.localeCompare(other),
  );
  return chosen && !options.some(([value]) => value === chosen) ? [[chosen, counted && 0], ...options] : options;
}

function DesktopTable({ desktops, selection }: { desktops: readonly ListedDesktop[]; selection: Selection }) {
  const { columns } = texts.desktops;
  const chosen = new Set(selection.chosen.value.map(({ id }) => id));
  const now = new Date();
  return (
    <div class="console-scroll" role="region" aria-label={texts.views.desktops} tabIndex={0}>
      <table class="nhsuk-table">
        <caption class="nhsuk-u-visually-hidden">{texts.desktops.caption}</caption>
        <thead>
          <tr>
            <td>
              <input
                type="checkbox"
                class="console-select"
                aria-label={texts.desktops.selectAll}
                checked={chosen.size > 0 && chosen.size === desktops.length}
                indeterminate={chosen.size > 0 && chosen.size < desktops.length}
                onChange={(event) => {
                  selection.choose(desktops, event.currentTarget.checked);
                }}
              />
            </td>
            {Object.entries(columns).map(([name, words]) => (
              <th key={name} scope="col">
                {words}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {desktops.map((desktop) => (
            <tr key={desktop.id} class={desktop.concern === undefined ? undefined : "console-concern"}>
              <td>
                <input
                  type="checkbox"
                  class="console-select"
                  aria-label={texts.desktops.select(texts.desktop.title(desktop.username, desktop.workspace))}
                  checked={chosen.has(desktop.id)}
                  onChange={(event) => {
                    selection.choose([desktop], event.currentTarget.checked);
                  }}
                />
              </td>
              <td>
                <StateTag state={desktop.state} />
                {desktop.concern !== undefined && <div>{texts.concerns[desktop.concern]}</div>}
              </td>
              <td>
                <Link to={{ view: "desktop", id: desktop.id }}>{desktop.username}</Link>
              </td>
              <td>{desktop.workspace}</td>
              <td>{desktop.since === undefined ? texts.unknown : atTime(desktop.since, now)}</td>
              <td>
                {desktop.endsAt === undefined ? "" : atTime(desktop.endsAt, now)}
                {desktop.endsBecause !== undefined && <div class="nhsuk-body-s">{desktop.endsBecause}</div>}
              </td>
              <td>{desktop.rule}</td>
              <td>{desktop.lastSeen === undefined ? texts.unknown : atTime(desktop.lastSeen, now)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {desktops.length === 0 && <p>{texts.desktops.none}</p>}
    </div>
  );
}
