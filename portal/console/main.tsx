import { enter } from "../enter.tsx";
import { texts } from "../texts.ts";
import { readAddress } from "./address.ts";
import { Console } from "./console.tsx";

void enter(texts.console, (entered) => {
  readAddress();
  return <Console {...entered} />;
});
