import type { ComponentChildren } from "preact";
import { atTime } from "../pages/times.ts";

/** An instant as the API writes it. */
const instant = /(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)/;

/** The API's words for operators, with the times that are in them as the reader's clock shows them. */
export function Words({ children: words }: { children: string }): ComponentChildren {
  const now = new Date();
  return words.split(instant).map((part, index) =>
    index % 2 === 0 ? (
      part
    ) : (
      <time key={index} dateTime={part}>
        {atTime(part, now)}
      </time>
    ),
  );
}
