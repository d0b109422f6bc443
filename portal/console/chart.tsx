import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { atTime } from "../pages/times.ts";
import { consoleTexts as texts } from "./texts.ts";
import type { Plot } from "./plot.ts";
import { Table } from "./table.tsx";
import { extentOf, figures, type Point } from "./queue-history.ts";

/** The queue's figures since the page was opened: drawn, and as a table. The drawing adds nothing to the table. */
export function Chart({ points }: { points: readonly Point[] }) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useSignal<Plot | null>(null);
  const isMissing = useSignal(false);
  useEffect(() => {
    let isOver = false;
    void import("./plot.ts").then(
      ({ plotIn }) => {
        if (!isOver && place.current) plot.value = plotIn(place.current);
      },
      () => {
        // No network, or the service was renewed since the page was opened. The table says the same.
        isMissing.value = true;
      },
    );
    return () => {
      isOver = true;
      plot.value?.end();
    };
  }, []);
  useEffect(() => plot.value?.show(points), [plot.value, points]);
  const [first] = points;
  const words = texts.queue.chart;
  const figure = (known: number | null | undefined) => known ?? texts.unknown;
  return (
    <>
      <div ref={place} class="console-chart" aria-hidden="true" />
      {isMissing.value && <p>{words.missing}</p>}
      <Table
        caption={words.since(first ? atTime(new Date(first.at).toISOString(), new Date()) : "")}
        isCaptionShown
        headings={[words.figure, words.now, words.least, words.most]}
      >
        {figures.map((name) => {
          const extent = extentOf(points, name);
          return (
            <tr key={name}>
              <th scope="row">
                <span class={`console-line console-line--${name}`} /> {texts.queue[name]}
              </th>
              <td>{figure(extent?.now)}</td>
              <td>{figure(extent?.least)}</td>
              <td>{figure(extent?.most)}</td>
            </tr>
          );
        })}
      </Table>
    </>
  );
}
