import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { desktops as desktopsShape } from "../api/console-shapes.ts";
import type { Desktops } from "../api/console-types.ts";
import { Title } from "../components/title.tsx";
import { consoleTexts as texts } from "./texts.ts";
import { type Address, address, go } from "./address.ts";
import { type Operator, useAsked } from "./asked.ts";
import { Bulk } from "./bulk-actions.tsx";
import { DesktopTable } from "./desktop-table.tsx";
import { Filters } from "./filter-form.tsx";
import { faultsOf, filters } from "./filters.ts";
import { Link } from "./link.tsx";
import { type Order, orderIn, usualOrder } from "./orders.ts";
import { selectionOf } from "./selection.ts";
import { Trouble } from "./trouble.tsx";
import { WrongAddress, WrongPage } from "./wrong-address.tsx";

const pageSize = "50";

/** The estate, the worst first. Filters, order and page are in the address. */
export function DesktopsView({ operator }: { operator: Operator }) {
  const here = address.value;
  const faults = faultsOf(here);
  const order = orderIn(here["sort"]);
  const counts = useSignal<Desktops["counts"]>(undefined);
  return (
    <>
      <Title tab={texts.tab(texts.views.desktops)}>{texts.views.desktops}</Title>
      <Filters {...{ here, order, sort }} counts={counts.value} />
      <WrongAddress {...{ here, faults }} />
      {/* Without the filter that is wrong the list would be another one than was meant. */}
      {faults.length === 0 && order !== undefined && <List {...{ operator, here, order, counts }} />}
    </>
  );
}

function sort(chosen: string): void {
  go({ ...address.value, sort: chosen === usualOrder ? "" : chosen, after: "" });
}

interface ListProps {
  operator: Operator;
  here: Address;
  order: Order;
  /** Those of the list that is shown, or was until another one is. */
  counts: Signal<Desktops["counts"]>;
}

function List({ operator, here, order, counts }: ListProps) {
  const query = new URLSearchParams({ sort: order, limit: pageSize });
  for (const name of [...filters, "after"]) if (here[name]) query.set(name, here[name]);
  const asked = useAsked(operator, `desktops?${query.toString()}`, desktopsShape);
  const { body, isOfBefore, trouble } = asked;
  const selection = useMemo(selectionOf, []);
  // While the same desktops are sorted anew they stay, with the focus on what sorts them.
  const shownOrder = useRef(order);
  const shownFilters = useRef("");
  const filtered = filters.map((name) => here[name] ?? "").join("&");
  if (!isOfBefore) [shownOrder.current, shownFilters.current] = [order, filtered];
  const isSorting = shownOrder.current !== order && shownFilters.current === filtered;
  const list = isOfBefore && !isSorting ? null : body.value;
  useEffect(() => {
    if (list && !isOfBefore) selection.keepTo(list.desktops);
  }, [list, isOfBefore]);
  // The filters keep their choices while the next list is loading.
  const isLoading = list === null && trouble.value === null;
  useEffect(() => {
    if (!isLoading) counts.value = list?.counts;
  }, [isLoading, list?.counts]);
  useEffect(
    () => () => {
      counts.value = undefined;
    },
    [],
  );
  // With another page, the link that was followed is gone.
  const total = useRef<HTMLParagraphElement>(null);
  const after = useRef(here["after"]);
  useEffect(() => {
    if (after.current !== here["after"] && document.activeElement === document.body) total.current?.focus();
    after.current = here["after"];
  }, [here["after"]]);
  const isPageWrong = asked.isMalformed.value && Boolean(here["after"]);
  return (
    <>
      <WrongPage here={here} isWrong={isPageWrong} />
      <Trouble words={isPageWrong ? null : trouble.value} isShown={list !== null} />
      <Bulk {...{ operator, selection }} />
      <p role="status" ref={total} tabIndex={-1}>
        {list
          ? `${texts.desktops.total(list.total ?? list.desktops.length)}. ${texts.desktops.sorted(texts.desktops.orders[shownOrder.current])}`
          : trouble.value === null
            ? texts.desktops.looking
            : ""}
      </p>
      {list && (
        <>
          {list.unanswered.map((words) => (
            <p key={words} class="console-wrong">
              {words}
            </p>
          ))}
          <DesktopTable desktops={list.desktops} {...{ selection, sort }} asked={order} order={shownOrder.current} />
          <nav aria-label={texts.desktops.pages} class="console-pages">
            {here["after"] && <Link to={{ ...here, after: "" }}>{texts.desktops.first}</Link>}
            {list.next !== undefined && <Link to={{ ...here, after: list.next }}>{texts.desktops.next}</Link>}
          </nav>
        </>
      )}
    </>
  );
}
