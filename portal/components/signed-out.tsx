import { texts } from "../texts.ts";
import { Details } from "./details.tsx";
import { Title } from "./title.tsx";

interface SignedOutProps {
  body: string;
  /** What went wrong, in technical words; undefined if nothing did. */
  failure?: string;
  again: () => void;
}

/** Instead of the page: the person has to sign in first. */
export function SignedOutPage({ body, failure, again }: SignedOutProps) {
  const words = failure === undefined ? texts.signedOut : texts.failed;
  return (
    <>
      <Title takesFocus={false}>{words.title}</Title>
      <p>{body}</p>
      <button class="nhsuk-button" type="button" onClick={again}>
        {words.again}
      </button>
      {failure !== undefined && (
        <Details>
          <p>{failure}</p>
        </Details>
      )}
    </>
  );
}
