import { type DesktopKey, nameDesktop, type NamingRules } from "../../desktop/names.ts";
import { type Check, checkOf, checkOfKnown } from "./check.ts";
import type { DatabaseFacts, NameEvidence } from "./facts.ts";

export function checkDatabase({ fault }: DatabaseFacts): Check {
  return checkOf("database", "Guacamole's database answers, and can be written", { wrong: fault ? [fault] : [] });
}

export function checkSchema({ schema }: DatabaseFacts): Check {
  return checkOfKnown("guacamole-schema", schema, ({ schema: home, version, lacks, more }) => {
    if (home === null)
      return checkOf("guacamole-schema", "", {
        wrong: [
          {
            what: "the database has no table guacamole_entity",
            advice:
              "check the database's name in DATABASE_URL, or prepare it: npm run prepare:database (docs/database.md)",
          },
        ],
      });
    const differences = [
      ...(lacks.length > 0 ? [`it lacks ${few(lacks)}`] : []),
      ...(more.length > 0 ? [`no known version has ${few(more)}`] : []),
    ];
    return checkOf("guacamole-schema", `the tables in ${home} are those of Guacamole ${version ?? ""}`, {
      wrong:
        version === null
          ? [
              {
                what: `the tables in ${home} are of no known version of Guacamole: ${differences.join("; ")}`,
                advice:
                  lacks.length > 0
                    ? "run Guacamole's own upgrade scripts; 1.0 to 1.6 are known"
                    : "look for a release of this product that knows your Guacamole; this one knows 1.0 to 1.6",
              },
            ]
          : [],
    });
  });
}

/** So many differences are named. */
const mostNamed = 5;

function few(words: readonly string[]): string {
  const more = words.length - mostNamed;
  return [...words.slice(0, mostNamed), ...(more > 0 ? [`${more} more`] : [])].join(", ");
}

export function checkDatabaseRights({ rightsFault }: DatabaseFacts): Check {
  return checkOfKnown("database-rights", rightsFault, (fault) =>
    checkOf("database-rights", "the role may do all that it needs", { wrong: fault ? [fault] : [] }),
  );
}

/** Templates that sites use; by them names are told without telling a person's. */
const usualTemplates = [
  "{username}",
  "{workspace}@{username}",
  "{workspace}\\{username}",
  "{username}@{workspace}",
  "{username}\\{workspace}",
];

/**
 * Guacamole writes the name that it read from the claim into its history: the newest row in which a desktop's own person is
 * named decides. What the product or the operator granted says less, but an estate in which nobody may open a desktop by the
 * template's name has another one.
 */
export function checkUserNames({ names }: DatabaseFacts, rules: NamingRules): Check {
  return checkOfKnown("user-names", names, (found) => {
    const { entityTemplate: template } = rules;
    const right = `Guacamole names people as GUACAMOLE_ENTITY_TEMPLATE does (${template})`;
    const advice = (seen: string) =>
      `let GUACAMOLE_ENTITY_TEMPLATE be what Guacamole reads${usualTemplates.includes(seen) ? ` (${seen})` : ""}, or let Guacamole read the claim that holds ${template} (openid-username-claim-type)`;

    const opened = newestOpening(found, rules);
    if (opened) {
      const seen = describeName(opened.key, opened.name, rules);
      return checkOf("user-names", right, {
        wrong:
          seen === template
            ? []
            : [
                {
                  what: `people open their desktops as ${seen}, and GUACAMOLE_ENTITY_TEMPLATE is ${template}`,
                  advice: advice(seen),
                },
              ],
      });
    }
    const granted = found.flatMap(({ readers, ...key }) => readers.map((name) => describeName(key, name, rules)));
    const other = granted.find((seen) => seen !== template && usualTemplates.includes(seen));
    if (other !== undefined && !granted.includes(template))
      return checkOf("user-names", "", {
        wrong: [
          {
            what: `desktops are given to users named ${other}, and GUACAMOLE_ENTITY_TEMPLATE is ${template}`,
            advice: advice(other),
          },
        ],
      });
    const plain = template.includes("{workspace}") && found.some(({ hasPlainUser }) => hasPlainUser);
    return checkOf("user-names", "", {
      doubts: [
        {
          what: `nobody has opened a desktop yet, so how Guacamole names people is not seen${plain ? ", but it has users named {username}" : ""}`,
          advice: "open one, and look again",
        },
      ],
    });
  });
}

function newestOpening(
  found: readonly NameEvidence[],
  rules: NamingRules,
): { key: DesktopKey; name: string } | undefined {
  const [newest] = found
    .flatMap(({ openedBy, openedAt, workspace, username }) =>
      openedBy !== null && openedAt !== null ? [{ key: { workspace, username }, name: openedBy, at: openedAt }] : [],
    )
    // Administrators open desktops too, under their own names.
    .filter(({ key, name }) => name === nameDesktop(key, rules).entity || name.toLowerCase().includes(key.username))
    .sort((one, other) => other.at.localeCompare(one.at));
  return newest;
}

/** The template by which a name is made, or the name if it is of none. */
function describeName({ workspace, username }: DesktopKey, name: string, rules: NamingRules): string {
  const made = [rules.entityTemplate, ...usualTemplates].find(
    (entityTemplate) => nameDesktop({ workspace, username }, { ...rules, entityTemplate }).entity === name,
  );
  // Names are in lower case with us, and as people wrote them in Guacamole.
  return made ?? name.replaceAll(new RegExp(escaped(username), "gi"), "{username}");
}

/** A text as part of a regular expression. */
function escaped(text: string): string {
  return text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);
}
