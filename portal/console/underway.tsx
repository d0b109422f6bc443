import { useEffect, useRef } from "preact/hooks";
import { Words } from "../components/words.tsx";
import { consoleTexts as texts } from "./texts.ts";
import type { Followed, Follower } from "./follow.ts";
import { Link } from "./link.tsx";
import { type Part, summaryOf } from "./progress.ts";

/** What the operator asked for, in every view: how far it is, with links to it. */
export function Underway({ follower }: { follower: Follower }) {
  // What was not asked for yet is lost with the page.
  const hasMore = follower.all.value.some(({ parts }) => parts.value.some(({ state }) => state === "to do"));
  useEffect(() => {
    if (!hasMore) return;
    const warn = (event: BeforeUnloadEvent) => {
      event.preventDefault();
    };
    addEventListener("beforeunload", warn);
    return () => {
      removeEventListener("beforeunload", warn);
    };
  }, [hasMore]);
  if (follower.all.value.length === 0) return null;
  return (
    <section aria-label={texts.asked.title} class="console-asked">
      <ul>
        {follower.all.value.map((followed) => (
          <FollowedItem
            key={followed.key}
            followed={followed}
            hide={() => {
              follower.hide(followed.key);
              document.getElementById("maincontent")?.focus();
            }}
          />
        ))}
      </ul>
    </section>
  );
}

function FollowedItem({ followed, hide }: { followed: Followed; hide: () => void }) {
  const item = useRef<HTMLLIElement>(null);
  // The button that was pressed is gone: the next thing to read is what came of it.
  useEffect(() => item.current?.focus(), []);
  const parts = followed.parts.value;
  const { words, notDone } = summaryOf(parts, followed.before.value);
  const trouble = followed.trouble.value;
  return (
    <li ref={item} tabIndex={-1}>
      <Link to={followed.to}>{followed.name}</Link>
      {/* Read out when it changes. */}
      <p role="status">
        <Words>{words}</Words>
        {trouble !== null && `. ${texts.trouble(trouble)}`}
      </p>
      {notDone.length > 0 && <NotDone parts={notDone} />}
      {parts.every(({ state }) => state !== "to do") && (
        <button class="nhsuk-button nhsuk-button--secondary nhsuk-button--small" type="button" onClick={hide}>
          {texts.asked.hide}
          <span class="nhsuk-u-visually-hidden">{texts.asked.hideWhat(followed.name)}</span>
        </button>
      )}
    </li>
  );
}

function NotDone({ parts }: { parts: readonly Part[] }) {
  return (
    <ul>
      {parts.map(({ id, name, state, words }) => (
        <li key={id ?? name}>
          {id === undefined ? name : <Link to={{ view: "desktop", id }}>{name}</Link>}:{" "}
          <Words>{texts.asked.is(texts.asked.state[state], words)}</Words>
        </li>
      ))}
    </ul>
  );
}
