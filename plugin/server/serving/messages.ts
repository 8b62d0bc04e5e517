/**
 * Messages of the serving process: it asks for the next connection, the last one did not arrive, or
 * the number of a connection that it closed.
 */
export type FromServing = 'next' | 'lost' | number;

/** Messages to it: the number of a connection, first with the connection and then alone. */
export type ToServing = number;
