import { enter } from "../enter.tsx";
import { texts } from "../texts.ts";
import { Console } from "./console.tsx";

void enter(texts.console, (entered) => <Console {...entered} />);
