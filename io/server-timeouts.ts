/**
 * For a server whose clients on the same network need milliseconds: a silent client keeps no
 * connection.
 */
export const serverTimeouts = { headersTimeout: 5_000, requestTimeout: 10_000, connectionsCheckingInterval: 1_000 };
