import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Refused } from "./api/errors";
import * as session from "./api/session";
import { router } from "./router";
import "./styles.css";
import { show, theme } from "./ui/theme";

const ATTEMPTS = 3;

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // What was refused for good is not asked again.
      retry: (failures, error) => failures < ATTEMPTS && error instanceof Refused && error.passing,
    },
  },
});

// What one key could read is not for the next.
session.subscribe(() => session.current().key === null && queries.clear());
show(theme());

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
