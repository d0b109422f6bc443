/** Where the built portal is: beside the compiled app. The package has it elsewhere (local/package/bundle.ts). */
export const portalFolder = new URL("../portal/", import.meta.url);
