import eslint from "@eslint/js";
import prettier from "eslint-config-prettier";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

export default defineConfig([
    globalIgnores(["node_modules/**", "dist/**", "bench/programs/**", "examples/**"]),
    eslint.configs.recommended,
    tseslint.configs.strictTypeChecked,
    { languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } } },
    {
        files: ["**/*.{js,mjs}"],
        extends: [tseslint.configs.disableTypeChecked],
        languageOptions: { globals: { process: "readonly" } },
    },
    prettier,
]);
