import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

/** A heading that sorts the table. */
export interface SortHeading {
  words: string;
  /** Undefined if the table is sorted by something else. */
  sorted: "ascending" | "descending" | undefined;
  sort: () => void;
}

interface TableProps {
  /** Names the table, and the region in which it scrolls. */
  caption: string;
  /** True if the caption says more than the heading above the table. */
  isCaptionShown?: boolean;
  /** The cell before the headings, if it is more than a heading. */
  corner?: ComponentChildren;
  headings: readonly (string | SortHeading)[];
  /** The rows. */
  children: ComponentChildren;
}

/** A table of the console. Where there is no room for it, it scrolls to the side, also by the keyboard. */
export function Table({ caption, isCaptionShown = false, corner, headings, children }: TableProps) {
  const id = useId();
  return (
    <div class="console-scroll" role="region" aria-labelledby={id} tabIndex={0}>
      <table class="nhsuk-table">
        <caption id={id} class={isCaptionShown ? "nhsuk-table__caption" : "nhsuk-u-visually-hidden"}>
          {caption}
        </caption>
        <thead>
          <tr>
            {corner !== undefined && <td>{corner}</td>}
            {headings.map((heading) =>
              typeof heading === "string" ? (
                <th key={heading} scope="col">
                  {heading}
                </th>
              ) : (
                <SortedHeading key={heading.words} {...heading} />
              ),
            )}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

/**
 * As in the ARIA practices (https://www.w3.org/WAI/ARIA/apg/patterns/table/examples/sortable-table/): `aria-sort` is on the
 * sorted column only. The design system draws which way it is sorted.
 */
function SortedHeading({ words, sorted, sort }: SortHeading) {
  return (
    <th scope="col" class="nhsuk-table__header" data-sort aria-sort={sorted}>
      <button
        type="button"
        class="nhsuk-link"
        onClick={sort}
        onFocus={({ currentTarget: button }) => {
          // The browser is content if a part of it is in sight. By the mouse it would move away under the pointer.
          if (button.matches(":focus-visible")) button.scrollIntoView({ block: "nearest", inline: "nearest" });
        }}
      >
        {words}
      </button>
    </th>
  );
}
