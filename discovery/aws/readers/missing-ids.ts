/** How often AWS is asked again without the ids that it named as unknown, before a batch is given up. */
const attempts = 5;

/**
 * What `describe` gives of those that exist; undefined when none does. AWS refuses a whole batch for one id that is gone: those that it
 * names are left out, which costs them alone (fm-11). Throws what `describe` throws.
 */
export async function describeExisting<T>(
  ids: readonly string[],
  describe: (ids: readonly string[]) => Promise<T>,
): Promise<T | undefined> {
  let existing = ids;
  for (let attempt = 1; existing.length > 0; attempt += 1) {
    try {
      return await describe(existing);
    } catch (thrown) {
      const missing = new Set(missingIds(thrown, existing));
      if (missing.size === 0 || attempt === attempts) throw thrown;
      existing = existing.filter((id) => !missing.has(id));
    }
  }
  return undefined;
}

/** Of these ids, those that AWS names as unknown; where it names one at a time, as many as it is asked, and the rest another time. */
export async function findMissing(
  ids: readonly string[],
  describe: (ids: readonly string[]) => Promise<unknown>,
): Promise<readonly string[]> {
  const missing = new Set<string>();
  for (let attempt = 1; attempt <= attempts && missing.size < ids.length; attempt += 1) {
    const named = await missingOf(
      ids.filter((id) => !missing.has(id)),
      describe,
    );
    if (named.length === 0) break;
    for (const id of named) missing.add(id);
  }
  return [...missing];
}

async function missingOf(ids: readonly string[], describe: (ids: readonly string[]) => Promise<unknown>) {
  try {
    await describe(ids);
    return [];
  } catch (thrown) {
    const missing = missingIds(thrown, ids);
    if (missing.length === 0) throw thrown;
    return missing;
  }
}

function missingIds(thrown: unknown, asked: readonly string[]): readonly string[] {
  const isMissing =
    thrown instanceof Error && /^Invalid(InstanceID|NetworkInterfaceID|VpcEndpointId)\.NotFound$/.test(thrown.name);
  const named = new Set(isMissing ? thrown.message.match(/\b(eni|i|vpce)-[0-9a-f]+/g) : []);
  return asked.filter((id) => named.has(id));
}
