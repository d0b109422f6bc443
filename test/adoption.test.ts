import { describeAdoption } from "./adoption.ts";
import { startTestEstate } from "./estate.ts";

describeAdoption("what the operator left", () => startTestEstate());
