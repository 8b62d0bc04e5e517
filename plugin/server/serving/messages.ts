/** What the process that serves tells: that it takes another connection, that it lives, or the number of a connection that it closed. */
export type FromServing = 'next' | 'alive' | number;

/** What it is told: the number of a connection, with that; or it is asked whether it lives. */
export type ToServing = number | 'alive?';
