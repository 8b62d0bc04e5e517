/** Of a server for clients on the same network, which need milliseconds: one that says nothing keeps no connection. */
export const serverTimeouts = { headersTimeout: 5_000, requestTimeout: 10_000, connectionsCheckingInterval: 1_000 };
