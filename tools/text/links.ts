import { posix } from 'node:path';
import type { Page } from './markdown';
import type { Passage } from './sentences';

/** The files of the repository, from its root. */
export type Tree = {
  /** Whether a file or a folder is there. */
  readonly has: (path: string) => boolean;
  /** Undefined where there is no such page. */
  readonly page: (path: string) => Page | undefined;
};

/** Links of a page into the repository; those to other hosts are not looked at. */
export function localLinks(page: Page): readonly Passage[] {
  return page.links.filter(({ text }) => !/^(?:[a-z][\w+.-]*:|\/\/)/i.test(text));
}

/** Says what is wrong with a link, undefined when nothing is. */
export function linkProblem(from: string, link: string, tree: Tree): string | undefined {
  const [path = '', anchor] = decodeURI(link).split('#');
  const target = path === '' ? from : posix.join(posix.dirname(from), path);
  if (!tree.has(target)) return `there is no ${target}`;
  if (anchor === undefined || tree.page(target)?.anchors.has(anchor)) return undefined;
  return `${target} has no heading #${anchor}`;
}
