import { readSettings } from "../settings.ts";
import { texts } from "../texts.ts";

/** Completes the statement with whom to tell. It is whole without this script, too. */
const { accessibilityContact } = readSettings();
const contact = document.getElementById("contact");
if (contact && accessibilityContact !== null) contact.textContent = texts.barrier(accessibilityContact);
