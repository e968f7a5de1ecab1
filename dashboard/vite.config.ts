import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const api = process.env["API_URL"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  // Relative addresses, which the page's <base> resolves: one build lies under any path.
  base: "./",
  plugins: [react(), tailwindcss()],
  server: { proxy: { "/api": api } },
  // Never inlined: the content security policy lets no data: fonts or scripts in.
  build: { assetsInlineLimit: 0, target: "es2022", manifest: true },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});
