/** Does the work, and tells a person meanwhile what is going on. */
export type During = <T>(what: string, work: () => Promise<T>) => Promise<T>;

/** For where nobody is to be told. */
export const quietly: During = (_, work) => work();
