/** Vite makes a style sheet of it: nothing is imported from it. */
declare module "*.css";
