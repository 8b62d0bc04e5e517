import type { ScopeState } from './model';

/** Whether this process has read the scope since its start; what was restored from disk is an earlier process's answer (fm-07). */
export function hasAnswered(state: ScopeState): boolean {
  return state.status === 'known' || (state.lastGood !== undefined && !state.lastGood.isRestored);
}
