/** What the process that serves tells: that it takes another connection, that the last one did not arrive, or the number of one that it closed. */
export type FromServing = 'next' | 'lost' | number;

/** What it is told: the number of a connection, first with that and then alone. */
export type ToServing = number;
