import type { Finding } from '../experiment.ts';
import { percent } from '../shares.ts';
import type { ProjectedTree } from './vmfTree.ts';
import { type EpochShape, epochShape, partedForGood, trunkOverlap } from './vmfTreeShape.ts';
import { className, treeName } from './vmfTreeTables.ts';

/** "At the beginning": in the first tenth of the epochs at least. */
const beginning = 0.1;
/** So many branches that it is a tree: one for each class of the digits. */
const leastBranches = 10;
/** Of pairs that have parted, those that may not meet again: a tree but for a few. */
const leastParted = 0.95;

/** The paper's figure is of MNIST; of other images it says nothing. */
const publishedData = 'mnist';

export function treeFindings(trees: readonly ProjectedTree[], data: string): Finding[] {
  const [whole, grown] = trees.map((tree) => ({
    tree,
    shapes: tree.epochs.map((epoch) => epochShape(epoch, tree.root)),
  }));
  const both = [whole, grown] as [ShapedTree, ShapedTree];
  const findings = [...both.map(classesFinding), treeFinding(both[0]), trunkFinding(both)];
  if (data === publishedData) return findings;
  return findings.map(({ what, ours }) => ({ what, published: '', ours, verdict: 'not published' }));
}

interface ShapedTree {
  readonly tree: ProjectedTree;
  readonly shapes: readonly EpochShape[];
}

function classesFinding({ tree, shapes }: ShapedTree): Finding {
  const { mostNumerous } = tree;
  const other = shapes.findIndex(({ classes }) => classes.some((label) => !mostNumerous.includes(label)));
  const count = other < 0 ? shapes.length : other;
  const seen = new Set(shapes.slice(0, count).flatMap(({ classes }) => classes.map(className)));
  const then = shapes[other]?.classes.map(className).join(', ');
  const first =
    count > 0 ? `all of ${[...seen].sort().join(' or ')} for ${count} of ${shapes.length} epochs` : 'not at all';
  const names = `${mostNumerous.map(className).join(' and ')} are the most numerous classes`;
  return {
    what: `${treeName(tree)}: classes of the memories at the beginning`,
    published: 'either 7 or 1, the most numerous classes',
    ours: `${first}${then === undefined ? '' : `, then of ${then}`}; ${names}`,
    ...verdict(count >= beginning * shapes.length, `not for the first ${percent(beginning)} of the epochs`),
  };
}

function treeFinding({ tree, shapes }: ShapedTree): Finding {
  const [first, last] = [shapes[0], shapes.at(-1)] as [EpochShape, EpochShape];
  const parted = partedForGood(tree);
  const holds = first.branches === 1 && last.branches >= leastBranches && (parted ?? 0) >= leastParted;
  const stay = parted === undefined ? 'none part' : `${percent(parted)} of the pairs that have parted stay apart`;
  return {
    what: `${treeName(tree)}: a tree of broken symmetries`,
    published: 'a tree whose bifurcations are where memories differentiate from each other',
    ours: `${first.branches} branch after the first epoch, ${last.branches} after the last; mean overlap ${first.meanOverlap.toFixed(3)} and ${last.meanOverlap.toFixed(3)}; ${stay}`,
    ...verdict(holds, `not one branch at first and ${leastBranches} or more in the end that stay apart`),
  };
}

function trunkFinding([whole, grown]: readonly [ShapedTree, ShapedTree]): Finding {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const [trunk, grownTrunk] = [whole, grown].map(({ shapes }) => sum(shapes.map(({ inTrunk }) => inTrunk)));
  const [all, grownAll] = [whole, grown].map(({ tree }) => sum(tree.epochs.map(({ hiddenUnits }) => hiddenUnits)));
  const holds = (grownTrunk as number) < (trunk as number) / 2 && (grownAll as number) < (all as number);
  return {
    what: 'points of the trunk, and in all',
    published: 'with splitting the trunk is more sparsely populated, and there are fewer values P x T in all',
    ours: `${grownTrunk} with splitting and ${trunk} without have an overlap above ${trunkOverlap} with the root; ${grownAll} and ${all} in all`,
    ...verdict(holds, 'less than half as many points in the trunk are expected'),
  };
}

function verdict(holds: boolean, why: string): Pick<Finding, 'verdict' | 'why'> {
  return holds ? { verdict: 'reproduced' } : { verdict: 'not reproduced', why };
}
