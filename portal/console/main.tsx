import { enter } from "../enter.tsx";
import { texts } from "../texts.ts";

void enter(texts.console, ({ person }) => <h1>{person.name}</h1>);
