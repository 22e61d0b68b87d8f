// The walls of the house, as lint rules: who may import whom.
import js from "@eslint/js";
import hooks from "eslint-plugin-react-hooks";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

const tauriOnlyInBridge = {
  group: ["@tauri-apps/*"],
  message: "Only src/bridge speaks to Tauri.",
};
const fakeOnlyInMain = {
  group: ["**/bridge/fake", "**/bridge/fake/*", "**/bridge/tauri"],
  message: "Only main.tsx chooses a bridge.",
};

/** A room, and the rooms it must not know. `types` lets it know their types. main.tsx alone chooses the bridge. */
const wall = (files, forbidden, { ignores = [], types = false, tauri = true } = {}) => ({
  files,
  // A test may look over the walls: it tests with the fake engine's own worlds.
  ignores: [...ignores, "**/*.test.{ts,tsx}"],
  rules: {
    "@typescript-eslint/no-restricted-imports": [
      "error",
      {
        patterns: [
          ...(tauri ? [tauriOnlyInBridge] : []),
          ...(files.some((file) => file.includes("bridge")) ? [] : [fakeOnlyInMain]),
          ...forbidden.map((room) => ({
            group: [`**/${room}/**`, `**/${room}`],
            message: `${files[0]} must not import ${room}.`,
            allowTypeImports: types,
          })),
        ],
      },
    ],
  },
});

const pages = ["overview", "queue", "history", "devices", "access", "settings", "setup"];

export default defineConfig(
  { ignores: ["dist", "dist-fake", "node_modules", "src/bridge/generated"] },
  js.configs.recommended,
  tseslint.configs.strict,
  {
    files: ["src/**/*.{ts,tsx}"],
    plugins: { "react-hooks": hooks },
    rules: {
      ...hooks.configs.recommended.rules,
      "@typescript-eslint/no-non-null-assertion": "error",
      "no-restricted-syntax": [
        "error",
        { selector: "ImportNamespaceSpecifier", message: "Import by name, so that unused code falls away." },
        { selector: "ExportAllDeclaration[exported!=null]", message: "Export by name." },
      ],
    },
  },
  wall(["src/*.{ts,tsx}", "src/frame/**"], [], { ignores: ["src/words.ts", "src/main.tsx"] }),
  wall(["src/bridge/**"], ["live", "pages", "parts", "words", "forms", "mail", "needs", "frame"], { tauri: false }),
  wall(["src/live/**"], ["pages", "parts", "forms", "mail", "needs", "frame"]),
  wall(["src/words/**", "src/words.ts"], ["bridge", "live", "pages", "parts", "forms", "mail", "needs", "frame"], { types: true }),
  wall(["src/parts/**"], ["bridge", "live", "pages", "forms", "mail", "needs", "frame"]),
  wall(["src/forms/**", "src/mail/**"], ["pages", "needs", "frame"]),
  wall(["src/needs/**"], ["pages", "frame"]),
  ...pages.map((page) =>
    wall([`src/pages/${page}/**`], ["frame", ...pages.filter((other) => other !== page).map((other) => `pages/${other}`), ...pages.filter((other) => other !== page).map((other) => `../${other}`)]),
  ),
);
