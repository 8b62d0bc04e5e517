import { PrivatelinkError } from '#core/errors';
import type { Prepare } from './estate';
import { prepareT0 } from './t0-story';
import { prepareT1 } from './t1';
import { prepareT2 } from './t2';
import { prepareT3 } from './t3';
import { prepareT4 } from './t4';

/** What `sandbox --estate` can show. */
const estates: Readonly<Record<string, Prepare>> = {
  T0: prepareT0,
  T1: prepareT1,
  T2: prepareT2,
  T3: prepareT3,
  T4: prepareT4,
};

/** The estate of a name; throws PrivatelinkError for one that there is not. */
export function estateNamed(name: string): Prepare {
  const prepare = estates[name.toUpperCase()];
  if (prepare) return prepare;
  throw new PrivatelinkError(`there is no estate ${name}`, {
    code: 'CONFIG_INVALID',
    fix: `name one of ${Object.keys(estates).join(', ')}`,
  });
}
