import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { queueNow } from "../api/console-shapes.ts";
import type { QueueNow } from "../api/console-types.ts";
import { Title } from "../components/title.tsx";
import { Words } from "../components/words.tsx";
import { atTime, duration } from "../pages/times.ts";
import { consoleTexts as texts } from "./texts.ts";
import { type Operator, useAsked } from "./asked.ts";
import { Chart } from "./chart.tsx";
import { Facts } from "./facts.tsx";
import { type Point, withPoint } from "./queue-history.ts";
import { Table } from "./table.tsx";
import { Loading, Trouble } from "./trouble.tsx";

/** Who starts and who waits, how many may, and how long starts take. */
export function QueueView({ operator }: { operator: Operator }) {
  const { body, trouble } = useAsked(operator, "queue", queueNow, 5_000);
  const now = new Date();
  const queue = body.value;
  const points = useSignal<readonly Point[]>([]);
  useEffect(() => {
    if (queue) points.value = withPoint(points.value, queue);
  }, [queue]);
  const words = texts.queue;
  const people = (list: readonly QueueNow["waiting"][number][], name: string) => (
    <>
      <h2>{name}</h2>
      {list.length === 0 ? (
        <p>{words.nobody}</p>
      ) : (
        <ol class="console-history">
          {list.map(({ operation, username, workspace, since, place, expectedToSeconds }, index) => (
            // Who is not named has no operation here either: then it is the place in the list that stays.
            <li key={operation ?? index}>
              {words.person(username ?? texts.unknown, workspace, atTime(since, now))}
              {place !== undefined && ` ${words.place(place)}`}
              {expectedToSeconds !== undefined && ` ${words.expected(duration(expectedToSeconds))}`}
            </li>
          ))}
        </ol>
      )}
    </>
  );
  return (
    <>
      <Title tab={texts.tab(texts.views.queue)}>{texts.views.queue}</Title>
      <Trouble words={trouble.value} isShown={queue !== null} />
      <Loading isShown={queue !== null || trouble.value !== null} />
      {queue && (
        <>
          <Facts
            facts={{
              [words.starting]: `${queue.capacity.starting} / ${queue.capacity.startsAtOnce}`,
              [words.running]: `${queue.capacity.running ?? texts.unknown} / ${queue.capacity.maxDesktops ?? words.noLimit}`,
              [words.waiting]: String(queue.capacity.waiting),
            }}
          />
          <Chart points={points.value} />
          {people(queue.waiting, words.waiting)}
          {people(queue.starting, words.starting)}
          <h2>{words.images}</h2>
          {queue.images.length === 0 ? <p>{words.noImages}</p> : <ImagesTable images={queue.images} />}
        </>
      )}
    </>
  );
}

function ImagesTable({ images }: Pick<QueueNow, "images">) {
  const words = texts.queue;
  return (
    <Table
      caption={words.images}
      headings={[words.image, words.half, words.most, words.starts, words.failed, words.fault]}
    >
      {images.map((image) => (
        <tr key={image.image}>
          <td class="console-long">{image.image}</td>
          <td>{image.halfReadyWithinSeconds === undefined ? texts.unknown : duration(image.halfReadyWithinSeconds)}</td>
          <td>
            {image.usuallyReadyWithinSeconds === undefined ? texts.unknown : duration(image.usuallyReadyWithinSeconds)}
          </td>
          <td>{image.starts}</td>
          <td>{image.failed}</td>
          <td>
            <Words>{image.atFault?.reason ?? ""}</Words>
          </td>
        </tr>
      ))}
    </Table>
  );
}
