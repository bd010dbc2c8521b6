import { sum } from 'd3-array';
import type { Finding } from '../core/experiment.ts';
import { findingVerdict } from '../core/findings.ts';
import { percent } from '../core/statistics.ts';
import type { MeasuredTree } from './measures.ts';
import { type EpochShape, partedForGood, trunkOverlap } from './shape.ts';
import { className, treeName } from './tables.ts';

/** Least number of branches of a tree: one for each class of the digits. */
const leastBranches = 10;
/** Least share of the parted pairs that stay apart in a tree. */
const leastParted = 0.95;

/** The paper's figure is of MNIST; of other images it says nothing. */
const publishedData = 'mnist';

export function treeFindings(trees: readonly MeasuredTree[], data: string): Finding[] {
  const [whole, grown] = trees as readonly [MeasuredTree, MeasuredTree];
  const findings = [classesFinding(whole), classesFinding(grown), treeFinding(whole), trunkFinding(whole, grown)];
  if (data === publishedData) return findings;
  return findings.map(({ what, ours }) => ({ what, published: '', ours, verdict: 'not published' }));
}

/**
 * Class weights start as the shares of the classes, so that every memory is of the most numerous class at first,
 * whatever is learned. What can fail is that the next class is the second most numerous.
 */
function classesFinding(tree: MeasuredTree): Finding {
  const { mostNumerous, shapes } = tree;
  const other = shapes.findIndex(({ classes }) => classes.some((label) => !mostNumerous.includes(label)));
  const before = other < 0 ? shapes : shapes.slice(0, other);
  const seen = new Set(before.flatMap(({ classes }) => classes));
  const first = before.length > 0 ? `of ${namesOf(seen)} for ${before.length} of ${shapes.length} epochs` : '';
  const then = other < 0 ? '' : `of ${namesOf((shapes[other] as EpochShape).classes)} after epoch ${other + 1}`;
  const missing = mostNumerous.filter((label) => !seen.has(label));
  return {
    what: `${treeName(tree)}: classes of the memories at the beginning`,
    published: 'of 7 or of 1, the two most numerous classes, before any other',
    ours: `${[first, then].filter((part) => part !== '').join(', then ')}; the most numerous are ${namesOf(mostNumerous)}; that memories start in one class is trivial, as class weights start at the class shares`,
    ...findingVerdict(missing.length === 0, `no memory is of ${namesOf(missing)} before one is of a third class`),
  };
}

const namesOf = (labels: Iterable<number>) =>
  [...labels]
    .sort((a, b) => a - b)
    .map(className)
    .join(', ');

function treeFinding(tree: MeasuredTree): Finding {
  const { shapes } = tree;
  const [first, last] = [shapes[0], shapes.at(-1)] as [EpochShape, EpochShape];
  const parted = partedForGood(shapes);
  const holds = first.branches === 1 && last.branches >= leastBranches && (parted ?? 0) >= leastParted;
  const stay = parted === undefined ? 'none part' : `${percent(parted)} of the pairs that have parted stay apart`;
  return {
    what: `${treeName(tree)}: a tree of broken symmetries`,
    published: 'a tree, at whose forks memories that were alike become different',
    ours: `${first.branches} branch after the first epoch, ${last.branches} after the last; mean overlap ${first.meanOverlap.toFixed(3)} and ${last.meanOverlap.toFixed(3)}; ${stay}`,
    ...findingVerdict(holds, `not one branch at first and ${leastBranches} or more in the end that stay apart`),
  };
}

/**
 * Fewer units at the start make the trunk sparse by themselves: how much so, memories that leave it as early as the
 * others show.
 */
function trunkFinding(whole: MeasuredTree, grown: MeasuredTree): Finding {
  const pointsOf = ({ shapes }: MeasuredTree) => sum(shapes, ({ hiddenUnits }) => hiddenUnits);
  const trunkShare = (tree: MeasuredTree) => sum(tree.shapes, ({ inTrunk }) => inTrunk) / pointsOf(tree);
  const inTrunk = grown.shapes.map(({ hiddenUnits }, at) => hiddenUnits * shareInTrunk(whole.shapes[at] as EpochShape));
  const [own, other, implied] = [trunkShare(grown), trunkShare(whole), sum(inTrunk) / pointsOf(grown)];
  const [fewer, all] = [grown, whole].map(({ shapes }) => (shapes[0] as EpochShape).hiddenUnits);
  return {
    what: `points in the trunk, whose overlap with the root is above ${trunkOverlap}`,
    published: 'with splitting the trunk is more sparsely populated',
    ours: `${percent(own)} of the ${pointsOf(grown)} points with splitting, ${percent(other)} of the ${pointsOf(whole)} without; that it starts with ${fewer} units in place of ${all} implies much of it: ${percent(implied)}, if memories left the trunk as they do without`,
    ...findingVerdict(own < other, 'expected: a smaller share of the points than without splitting'),
  };
}

const shareInTrunk = ({ inTrunk, hiddenUnits }: EpochShape) => inTrunk / hiddenUnits;
