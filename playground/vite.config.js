import { defineConfig } from "vite";

export default defineConfig({
  base: "/playground/",
  build: {
    // Small files too: the page's policy allows no data: scripts and fonts from us only.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 8000,
    modulePreload: { polyfill: false },
  },
  worker: { format: "es" },
});
