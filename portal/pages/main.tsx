import { enter } from "../enter.tsx";
import { texts } from "../texts.ts";
import { Portal } from "./portal.tsx";

void enter(texts.service, (entered) => <Portal {...entered} />);
