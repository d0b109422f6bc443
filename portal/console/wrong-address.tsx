import { texts as pageTexts } from "../texts.ts";
import { consoleTexts as texts } from "./texts.ts";
import type { Address } from "./address.ts";
import type { Fault } from "./filters.ts";
import { Link } from "./link.tsx";

const words = texts.desktops.wrong;

interface WrongAddressProps {
  here: Address;
  faults: readonly Fault[];
}

/** Says what of the address the list has not, what it may be, and leads to the list without it. Empty if there is nothing. */
export function WrongAddress({ here, faults }: WrongAddressProps) {
  return (
    <>
      {/* It is there before there are words, so that they are read out. */}
      <div role="status">
        {faults.map(({ name, value }) => (
          <p key={name} class="console-wrong">
            {words[name](value)}
          </p>
        ))}
      </div>
      {faults.map(({ name, mayBe }) => (
        <div key={name}>
          {mayBe && (
            <p>
              {words.mayBe[name]}{" "}
              {mayBe.map((choice, index) => (
                <>
                  {index > 0 && "; "}
                  <Link to={{ ...here, [name]: choice, after: "" }}>{choiceWords(name, choice)}</Link>
                </>
              ))}
              .
            </p>
          )}
          <p>
            <Link to={{ ...here, [name]: "", after: "" }}>{words.clear[name]}</Link>
          </p>
        </div>
      ))}
    </>
  );
}

/** The same of a page that the API does not know. */
export function WrongPage({ here, isWrong }: { here: Address; isWrong: boolean }) {
  return (
    <p role="status" class="portal-trouble">
      {isWrong && (
        <>
          {words.page} <Link to={{ ...here, after: "" }}>{texts.desktops.first}</Link>
        </>
      )}
    </p>
  );
}

function choiceWords(name: Fault["name"], choice: string): string {
  const known: Readonly<Record<string, string>> =
    name === "state" ? pageTexts.states : name === "sort" ? texts.desktops.orders : {};
  return known[choice] ?? choice;
}
