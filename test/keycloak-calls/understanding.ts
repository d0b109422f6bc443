/**
 * What the product makes of each recorded call: its answer, and the notice: whom it is about (the beginning of their id,
 * and the username if it counts; "unnamed" for everybody), and what happened. Without a notice the event is irrelevant; an event that is not
 * understood would have its reason after "ignored".
 */
export const understanding: Readonly<Record<string, string>> = {
  // Changed and deleted as Keycloak's console does, or by name as other clients do.
  "kc25.0.4-ke0.32-hmac-access.DELETE_ACCOUNT": "202 accepted f4db4218: deleted",
  "kc25.0.4-ke0.32-hmac-access.USER_DISABLED_BY_PERMANENT_LOCKOUT": "202 accepted 4a4bc3d0=dan: changed",
  "kc25.0.4-ke0.32-hmac-admin.CLIENT-DELETE": "202 accepted unnamed: gone roles not said which",
  "kc25.0.4-ke0.32-hmac-admin.CLIENT_ROLE-DELETE-by-name": "202 accepted unnamed: gone roles editor",
  "kc25.0.4-ke0.32-hmac-admin.CLIENT_ROLE-UPDATE-renamed-by-name": "202 accepted unnamed: gone roles writer",
  "kc25.0.4-ke0.32-hmac-admin.GROUP-DELETE-nested": "202 accepted unnamed: gone groups not said which",
  "kc25.0.4-ke0.32-hmac-admin.GROUP-UPDATE-moved-by-console": "202 accepted unnamed: gone groups /registry/readers2",
  "kc25.0.4-ke0.32-hmac-admin.GROUP-UPDATE-moved-to-top-by-console":
    "202 accepted unnamed: gone groups /parent/readers2",
  "kc25.0.4-ke0.32-hmac-admin.GROUP-UPDATE-renamed-by-console":
    "202 accepted unnamed: gone groups /registry/readers, readers",
  "kc25.0.4-ke0.32-hmac-admin.GROUP-UPDATE-renamed-by-name-alone": "202 accepted unnamed: gone groups not said which",
  "kc25.0.4-ke0.32-hmac-admin.REALM-ACTION-logout-all": "202 accepted unnamed: everybody left",
  "kc25.0.4-ke0.32-hmac-admin.REALM_ROLE-DELETE-by-id": "202 accepted unnamed: gone roles not said which",
  "kc25.0.4-ke0.32-hmac-admin.REALM_ROLE-DELETE-odd-name": "202 accepted unnamed: gone roles with space/slash?",
  "kc25.0.4-ke0.32-hmac-admin.REALM_ROLE-UPDATE-renamed-by-id": "202 accepted unnamed: gone roles not said which",
  "kc25.0.4-ke0.32-hmac-admin.REALM_ROLE-UPDATE-renamed-by-name": "202 accepted unnamed: gone roles direct2",
  "kc25.0.4-ke0.32-hmac-admin.USER-DELETE-federated-identity": "202 ignored",
  "kc25.0.4-ke0.32-hmac-admin.USER_SESSION-DELETE":
    "202 accepted unnamed: left session 8f579d57-d4ed-4479-8a6d-aecff8c5cc5c",

  "kc25.0.4-ke0.33-hmac-access.LOGIN-guacamole": "202 accepted bdae0b73=tst2: back",
  "kc25.0.4-ke0.33-hmac-admin.CLIENT_ROLE_MAPPING-DELETE": "202 accepted 3ca6d5bf: lost roles user",
  // Keycloak 25 names the group by its id alone.
  "kc25.0.4-ke0.33-hmac-admin.GROUP-DELETE": "202 accepted unnamed: gone groups not said which",
  "kc25.0.4-ke0.33-hmac-admin.GROUP_MEMBERSHIP-DELETE": "202 accepted 3ca6d5bf: lost groups /asthma, asthma",
  "kc25.0.4-ke0.33-hmac-admin.REALM_ROLE_MAPPING-DELETE": "202 accepted 3ca6d5bf: lost roles desktop-monitoring",
  "kc25.0.4-ke0.33-hmac-admin.REALM_ROLE_MAPPING-DELETE-of-group": "202 accepted unnamed: gone roles not said which",
  "kc25.0.4-ke0.33-hmac-admin.USER-ACTION-logout": "202 accepted bdae0b73: left every session",
  "kc25.0.4-ke0.33-hmac-admin.USER-ACTION-reset-password": "202 ignored",
  "kc25.0.4-ke0.33-hmac-admin.USER-DELETE": "202 accepted 7ed60e74: deleted",
  "kc25.0.4-ke0.33-hmac-admin.USER-UPDATE-disabled": "202 accepted a422da2e: disabled",
  "kc25.0.4-ke0.33-hmac-backchannel-logout": "200 bdae0b73: left session d9f3725a-f2b5-4882-b3e5-5f922bca8935",

  "kc26.5.6-ke0.51-hmac-access.LOGIN": "202 ignored",
  "kc26.5.6-ke0.51-hmac-admin.USER-DELETE": "202 accepted 046b6237: deleted",

  "kc26.7.3-ke0.59-hmac-access.DELETE_ACCOUNT": "202 accepted 3b8e1c8c: deleted",
  "kc26.7.3-ke0.59-hmac-access.USER_DISABLED_BY_PERMANENT_LOCKOUT": "202 accepted 7b5f4864=dan: changed",
  "kc26.7.3-ke0.59-hmac-admin.CLIENT-DELETE": "202 accepted unnamed: gone roles not said which",
  "kc26.7.3-ke0.59-hmac-admin.CLIENT_ROLE-DELETE-by-name": "202 accepted unnamed: gone roles editor",
  "kc26.7.3-ke0.59-hmac-admin.CLIENT_ROLE-UPDATE-renamed-by-name": "202 accepted unnamed: gone roles writer",
  // The group was /parent/child: Keycloak names neither its path nor its parent.
  "kc26.7.3-ke0.59-hmac-admin.GROUP-DELETE-nested": "202 accepted unnamed: gone groups /child, child",
  "kc26.7.3-ke0.59-hmac-admin.GROUP-UPDATE-moved-by-console": "202 accepted unnamed: gone groups /registry/readers2",
  "kc26.7.3-ke0.59-hmac-admin.GROUP-UPDATE-moved-to-top-by-console":
    "202 accepted unnamed: gone groups /parent/readers2",
  "kc26.7.3-ke0.59-hmac-admin.GROUP-UPDATE-renamed-by-console":
    "202 accepted unnamed: gone groups /registry/readers, readers",
  "kc26.7.3-ke0.59-hmac-admin.GROUP-UPDATE-renamed-by-name-alone": "202 accepted unnamed: gone groups not said which",
  "kc26.7.3-ke0.59-hmac-admin.REALM-ACTION-logout-all": "202 accepted unnamed: everybody left",
  "kc26.7.3-ke0.59-hmac-admin.REALM_ROLE-DELETE-by-id": "202 accepted unnamed: gone roles not said which",
  "kc26.7.3-ke0.59-hmac-admin.REALM_ROLE-DELETE-odd-name": "202 accepted unnamed: gone roles with space/slash?",
  "kc26.7.3-ke0.59-hmac-admin.REALM_ROLE-UPDATE-renamed-by-id": "202 accepted unnamed: gone roles not said which",
  "kc26.7.3-ke0.59-hmac-admin.REALM_ROLE-UPDATE-renamed-by-name": "202 accepted unnamed: gone roles direct2",
  "kc26.7.3-ke0.59-hmac-admin.USER-DELETE-federated-identity": "202 ignored",
  "kc26.7.3-ke0.59-hmac-admin.USER_SESSION-DELETE": "202 accepted unnamed: left session v66RnmnTMXKUHW4zGAArlMSz",

  "kc26.7.3-ke0.62-bearer-access.LOGIN-guacamole": "202 accepted 4e877b82=alice: back",
  "kc26.7.3-ke0.62-bearer-access.LOGIN-guacamole-workspaces-cli": "202 ignored",
  "kc26.7.3-ke0.62-bearer-access.LOGOUT": "202 accepted 4e877b82=alice: left session hQPyIw6NJw8ZAareRhhOgqN5",
  "kc26.7.3-ke0.62-bearer-access.USER_SESSION_DELETED":
    "202 accepted fa1cf396=usr4: left session TKBw4Ouvv758io52k-DNwehL",
  "kc26.7.3-ke0.62-bearer-admin.CLIENT_ROLE_MAPPING-DELETE": "202 accepted 808aba79: lost roles user",
  "kc26.7.3-ke0.62-bearer-admin.GROUP-DELETE": "202 accepted unnamed: gone groups /renamed, renamed",
  "kc26.7.3-ke0.62-bearer-admin.GROUP_MEMBERSHIP-DELETE": "202 accepted 808aba79: lost groups /asthma, asthma",
  "kc26.7.3-ke0.62-bearer-admin.REALM_ROLE_MAPPING-DELETE": "202 accepted 808aba79: lost roles desktop-monitoring",
  "kc26.7.3-ke0.62-bearer-admin.REALM_ROLE_MAPPING-DELETE-of-group": "202 accepted unnamed: gone roles not said which",
  "kc26.7.3-ke0.62-bearer-admin.USER-ACTION-logout": "202 accepted 93fee95c: left every session",
  "kc26.7.3-ke0.62-bearer-admin.USER-ACTION-reset-password": "202 ignored",
  "kc26.7.3-ke0.62-bearer-admin.USER-DELETE": "202 accepted 12091389: deleted",
  "kc26.7.3-ke0.62-bearer-admin.USER-UPDATE": "202 accepted fa1cf396: changed",
  "kc26.7.3-ke0.62-bearer-admin.USER-UPDATE-disabled": "202 accepted 20ba8174: disabled",
  "kc26.7.3-ke0.62-bearer-backchannel-logout": "200 4e877b82: left session hQPyIw6NJw8ZAareRhhOgqN5",

  "kc26.7.3-ke0.62-hmac-access.CLIENT_LOGIN": "202 ignored",
  "kc26.7.3-ke0.62-hmac-access.LOGIN-guacamole": "202 accepted 54dcdfce=usr1: back",
  "kc26.7.3-ke0.62-hmac-access.LOGIN-guacamole-workspaces-cli": "202 ignored",
  "kc26.7.3-ke0.62-hmac-access.LOGIN_ERROR": "202 ignored",
  "kc26.7.3-ke0.62-hmac-access.LOGOUT": "202 accepted 4e877b82=alice: left session LR7jpAYJdACP3kSleS8pzQ2b",
  "kc26.7.3-ke0.62-hmac-access.USER_DISABLED_BY_TEMPORARY_LOCKOUT": "202 ignored",
  "kc26.7.3-ke0.62-hmac-access.USER_INFO_REQUEST_ERROR": "202 ignored",
  "kc26.7.3-ke0.62-hmac-access.USER_SESSION_DELETED":
    "202 accepted fa1cf396=usr4: left session TKBw4Ouvv758io52k-DNwehL",
  "kc26.7.3-ke0.62-hmac-admin.CLIENT-UPDATE": "202 ignored",
  "kc26.7.3-ke0.62-hmac-admin.CLIENT_ROLE_MAPPING-CREATE": "202 ignored",
  "kc26.7.3-ke0.62-hmac-admin.CLIENT_ROLE_MAPPING-DELETE":
    "202 accepted cc115c01: lost roles view-users, query-groups, query-users",
  "kc26.7.3-ke0.62-hmac-admin.COMPONENT-CREATE": "202 ignored",
  "kc26.7.3-ke0.62-hmac-admin.COMPONENT-DELETE": "202 ignored",
  "kc26.7.3-ke0.62-hmac-admin.GROUP-CREATE": "202 ignored",
  // Moved below another group, through the API: the old path is not said.
  "kc26.7.3-ke0.62-hmac-admin.GROUP-UPDATE": "202 accepted unnamed: gone groups not said which",
  "kc26.7.3-ke0.62-hmac-admin.GROUP_MEMBERSHIP-CREATE": "202 ignored",
  "kc26.7.3-ke0.62-hmac-admin.REALM-ACTION-logout-all": "202 accepted unnamed: everybody left",
  // A new person with groups: Keycloak names the wrong type of resource.
  "kc26.7.3-ke0.62-hmac-admin.REALM-CREATE": "202 ignored",
  "kc26.7.3-ke0.62-hmac-admin.REALM-UPDATE": "202 ignored",
  "kc26.7.3-ke0.62-hmac-admin.REALM_ROLE-CREATE": "202 ignored",
  // Taken out of a composite role.
  "kc26.7.3-ke0.62-hmac-admin.REALM_ROLE-DELETE": "202 accepted unnamed: gone roles not said which",
  "kc26.7.3-ke0.62-hmac-admin.REALM_ROLE_MAPPING-CREATE": "202 ignored",
  "kc26.7.3-ke0.62-hmac-admin.USER-ACTION-logout": "202 accepted 4e877b82: left every session",
  "kc26.7.3-ke0.62-hmac-admin.USER-CREATE": "202 ignored",
  "kc26.7.3-ke0.62-hmac-admin.USER-DELETE": "202 accepted 899e654e: deleted",
  "kc26.7.3-ke0.62-hmac-admin.USER-UPDATE": "202 accepted fa1cf396: changed",
  "kc26.7.3-ke0.62-hmac-admin.USER_SESSION-DELETE": "202 accepted unnamed: left session xz3OJBCScnkHz-Kn0AHO9r5Q",
};
