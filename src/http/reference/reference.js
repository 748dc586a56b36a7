/**
 * Draws the reference of the API from its description. Must not know an operation, nor ask another host for anything.
 */
/* global Scalar */
document.querySelector("#reference").replaceChildren();
Scalar.createApiReference("#reference", {
  url: "/openapi.json",
  theme: "default",
  layout: "modern",
  // Each of these would ask, or send somebody to, a host of Scalar's.
  withDefaultFonts: false,
  telemetry: false,
  proxyUrl: "",
  hideClientButton: true,
  showDeveloperTools: "never",
  agent: { disabled: true },
  mcp: { disabled: true },
  authentication: { preferredSecurityScheme: "key" },
  // A key that was typed in is gone with the page.
  persistAuth: false,
});
