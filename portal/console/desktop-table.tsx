import type { ListedDesktop } from "../api/console-types.ts";
import { StateTag } from "../components/tag.tsx";
import { Words } from "../components/words.tsx";
import { atTime } from "../pages/times.ts";
import { consoleTexts as texts } from "./texts.ts";
import { Link } from "./link.tsx";
import { directionOf, isField, type Order, pressed } from "./orders.ts";
import type { Selection } from "./selection.ts";
import { Table } from "./table.tsx";

interface DesktopTableProps {
  desktops: readonly ListedDesktop[];
  selection: Selection;
  /** The order in which they are. */
  order: Order;
  /** The order in which they were asked for: a heading that is pressed twice turns that round. */
  asked: Order;
  sort: (order: Order) => void;
}

/** Desktops of the estate, to be selected and sorted. */
export function DesktopTable({ desktops, selection, order, asked, sort }: DesktopTableProps) {
  const chosen = new Set(selection.chosen.value.map(({ id }) => id));
  const now = new Date();
  return (
    <>
      <Table
        caption={texts.desktops.caption}
        corner={
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
        }
        headings={Object.entries(texts.desktops.columns).map(([name, words]) =>
          isField(name)
            ? {
                ...{ words, sorted: directionOf(name, order) },
                sort: () => {
                  sort(pressed(name, asked));
                },
              }
            : words,
        )}
      >
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
              {endOf(desktop, now)}
              {desktop.endsBecause !== undefined && (
                <div class="nhsuk-body-s">
                  <Words>{desktop.endsBecause}</Words>
                </div>
              )}
            </td>
            <td>{desktop.rule}</td>
            <td>{desktop.lastSeen === undefined ? texts.unknown : atTime(desktop.lastSeen, now)}</td>
          </tr>
        ))}
      </Table>
      {desktops.length === 0 && <p>{texts.desktops.none}</p>}
    </>
  );
}

/** Empty for a desktop that nothing ends as things are. */
function endOf({ action, endsAt }: ListedDesktop, now: Date): string {
  if (action !== "keep") return texts.desktops.endsNext;
  return endsAt === undefined ? "" : atTime(endsAt, now);
}
