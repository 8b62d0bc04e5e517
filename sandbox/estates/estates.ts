import { PrivatelinkError } from '#core/errors';
import type { Prepare } from './estate';
import { prepareT0 } from './t0-story';
import { prepareT1 } from './t1';
import { prepareT2 } from './t2';
import { prepareT3 } from './t3';
import { prepareT4 } from './t4';

type Shown = {
  readonly prepare: Prepare;
  /** The estate shows AWS's faults. */
  readonly hasFaults?: boolean;
};

/** The estates of `sandbox --estate`. */
const estates: Readonly<Record<string, Shown>> = {
  T0: { prepare: prepareT0, hasFaults: true },
  T1: { prepare: prepareT1 },
  T2: { prepare: prepareT2 },
  T3: { prepare: prepareT3 },
  T4: { prepare: prepareT4 },
};

export const estateNames = Object.keys(estates);

/** The estate of a name; throws PrivatelinkError for one that there is not. */
export function estateNamed(name: string): Shown {
  const estate = estates[name.toUpperCase()];
  if (estate) return estate;
  throw new PrivatelinkError(`there is no estate ${name}`, {
    code: 'CONFIG_INVALID',
    fix: `name one of ${estateNames.join(', ')}`,
  });
}
